(() => {
  const root = document.documentElement, live = document.getElementById("live"), said = document.getElementById("announce")
  const words = {
    live: "Live again.",
    reconnecting: "Connection lost, reconnecting.",
    stale: "Still no connection: the figures are out of date.",
    offline: "Offline: the figures are out of date.",
  }
  const now = () => performance.now() / 1000
  const state = () => root.dataset.live
  let heard = now(), changed = heard, told = "live"

  // The first visit: the viewer's own zone, if it is one of the choices.
  if (!/(^|; )tz=/.test(document.cookie)) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replace("Calcutta", "Kolkata")
    if (document.querySelector(`#zone option[value="${CSS.escape(zone)}"]`))
      document.cookie = `tz=${zone};path=/;max-age=31536000;samesite=lax`
  }

  function become(next) {
    if (next === state()) return
    root.dataset.live = next
    changed = now()
  }

  const spell = s => s < 60 ? `${s} s` : s < 3600 ? `${s / 60 | 0} min` : s < 86400 ? `${s / 3600 | 0} h` : `${s / 86400 | 0} d`

  function count(time) {
    if (time.drawn !== time.dataset.age) {
      time.drawn = time.dataset.age
      time.born = now() - time.drawn
    }
    const text = spell(Math.max(0, now() - time.born | 0))
    if (time.textContent !== text) time.textContent = text
  }

  const connection = () => live._htmx?.sse
  const retry = () => connection()?.delayCanceller?.()
  const signIn = () => location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search))

  function watch() {
    const quiet = now() - heard
    if (!navigator.onLine) become("offline")
    else if (state() === "live" && quiet > live.dataset.patience) {
      become("reconnecting")
      connection()?.reader?.cancel()  // a half-open connection never ends by itself
    } else if (state() === "connecting" && quiet > 10) become("offline")
    else if (state() === "reconnecting" && now() - changed > 10) become("stale")

    // Passing changes, such as a tab coming back, are not worth a word.
    if (words[state()] && state() !== told && now() - changed > 2) said.textContent = words[told = state()]
    else if (state() === "live" && now() - changed > 12) said.textContent = ""
  }

  function listen() {
    const alive = () => { heard = now(); become("live") }
    live.addEventListener("htmx:sse:after:connection", alive)
    live.addEventListener("htmx:sse:before:message", alive)
    live.addEventListener("htmx:sse:before:connection", () => { if (state() === "live") become("reconnecting") })
    live.addEventListener("htmx:sse:error", event => { if (event.detail.status === 401) signIn() })
    live.addEventListener("session-ended", signIn)
    addEventListener("online", () => { become("reconnecting"); retry() })
    addEventListener("offline", () => become("offline"))
    document.addEventListener("visibilitychange", () => { heard = changed = now() })
  }

  if (live) listen()
  setInterval(() => {
    if (document.hidden) return
    document.querySelectorAll("time[data-age]").forEach(count)
    if (live) watch()
  }, 1000)
})()
