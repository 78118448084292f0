(() => {
  const now = () => performance.now(), root = document.documentElement
  const spell = s => s < 60 ? `${s} s` : s < 3600 ? `${s / 60 | 0} min` : s < 86400 ? `${s / 3600 | 0} h` : `${s / 86400 | 0} d`

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text
  }

  // While it is young the age of a price is no news; when it is old the price says so.
  function age(time) {
    time.born ??= now() - time.dataset.age * 1000
    const seconds = (now() - time.born) / 1000 | 0
    write(time, seconds < 15 && time.matches(".heard") ? "" : spell(seconds))
    time.classList.toggle("old", seconds >= 60)
  }

  // Market time goes on with the feed's speed.
  function run(time) {
    time.born ??= now()
    const {clock, speed} = time.dataset, at = +clock + (now() - time.born) / 1000 * speed
    const text = [at / 3600 % 24, at / 60 % 60, at % 60].map(part => `${part | 0}`.padStart(2, 0)).join(":")
    write(time, time.textContent.replace(/[\d:]{8}/, text))
  }

  function tend() {
    if (document.hidden) return
    document.querySelectorAll("time[data-age]").forEach(age)
    if (root.dataset.live === "live") document.querySelectorAll("time[data-clock]").forEach(run)
  }

  // A copied number is one for other programs: they know no minus sign, only the hyphen.
  document.addEventListener("copy", event => {
    const text = `${getSelection()}`
    if (!text.includes("\u2212")) return
    event.clipboardData.setData("text/plain", text.replaceAll("\u2212", "-"))
    event.preventDefault()
  })

  // Each beat says how many bytes the stream took since the last; what the page itself took the browser knows.
  function count(live, cost) {
    const kb = bytes => bytes < 999500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
    let beats = [{at: now(), bytes: 0}], all = 0
    live.addEventListener("beat", ({detail: {data}}) => {
      all += +data
      beats = [...beats.filter(beat => now() - beat.at < 60000), {at: now(), bytes: +data}]
      const page = performance.getEntries().reduce((sum, {transferSize}) => sum + (transferSize || 0), 0)
      const bits = beats.slice(1).reduce((sum, {bytes}) => sum + bytes * 8, 0)
      write(cost, `This page took ${kb(page + all)} so far and takes ${(bits / (now() - beats[0].at)).toFixed(1)} kbit/s now.`)
    })
  }

  const live = document.getElementById("live")
  if (live) count(live, document.getElementById("cost"))
  document.addEventListener("DOMContentLoaded", tend)
  setInterval(tend, 1000)
})()
