(() => {
  const find = id => document.getElementById(id), now = () => performance.now()
  const root = document.documentElement, live = find("live"), fast = find("fast"), said = find("announce")
  const signIn = () => location = "/login?next=" + encodeURIComponent(location.pathname + location.search)
  const links = [], title = document.title
  const idle = () => paused || document.hidden
  let paused = root.dataset.live === "paused" || sessionStorage.paused
  let cursor, stuck, drawing, whole, full, told = "live", since = 0, leaving = 0

  if (!/\btz=/.test(document.cookie))
    document.cookie = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`

  // The badge shows the link's word, and where that is well the feed's; what an administrator can do stands beside it.
  function frame() {
    const fresh = find("newer")?.dataset.new, text = fresh ? `(${fresh}) ${title}` : title
    if (document.title !== text) document.title = text
    const kind = find("condition").dataset.kind
    const word = root.dataset.live === "full" ? "too many desks" : root.dataset.live
    if (find("link").textContent !== word) find("link").textContent = word
    if (root.dataset.feed === kind) return
    root.dataset.feed = kind
    said.textContent = kind === "live" ? said.dataset.live : find("reason").textContent
    const remedy = find("remedy")
    if (!remedy) return
    remedy.hidden = !(kind in remedy.dataset)
    remedy.firstChild.data = `${remedy.dataset[kind]} See `
  }

  // The badge says at once how it stands; only what lasts is worth a sentence.
  function show() {
    if (now() < leaving) return
    const state = root.dataset.live, lasted = now() - since
    const next = paused ? "paused" : !navigator.onLine ? "offline" : links.every(link => link.up) ? "live" : full ? "full"
      : state === "stale" || state !== "live" && lasted > 10000 ? "stale" : state === "connecting" ? state : "reconnecting"
    if (next !== state) {
      root.dataset.live = next
      since = now()
    } else if (next !== told && next !== "connecting" && lasted > 2000) said.textContent = said.dataset[told = next]
    frame()
  }

  // A way to the server. An extension of htmx carries it; whether it is open, and when it is tried again, is decided here.
  function link(element, connection, end) {
    let tries = 0, due = 0, before
    const it = {
      patience: 13000,
      on: (event, act) => element.addEventListener(event, act),
      heard: () => due = now() + it.patience,
      soon: () => due = tries = 0,
      // A half-open connection never ends by itself.
      tend() {
        if (idle() || connection() && now() > due) connection() && end(connection())
        else if (now() > Math.max(due, leaving)) {
          due = now() + 9000
          element.dispatchEvent(new Event("join"))
        }
      },
      opened() {
        it.up = now()
        it.heard()
        show()
      },
      // The same trouble once more: wait longer. Who answers is not just starting, and has enough to do.
      lost(answered, wait) {
        tries = answered !== before || it.up && now() - it.up > 10000 ? 0 : tries + 1
        before = answered
        due = now() + Math.max(wait || 0, Math.min((wait || 500) * 2 ** tries, answered ? 20000 : 3000)) * (1 + Math.random() * .3)
        it.up = 0
        show()
      },
    }
    links.push(it)
    return it
  }

  function tend() {
    links.forEach(it => it.tend())
    if (document.hidden) return
    if (live) show()
  }

  function back() {
    since = now()
    links.forEach(it => it.soon())
    tend()
  }

  // A push of a row brings its figures: the header and the cells behind them stay.
  if (live) htmx.registerExtension("cells", {
    handle_swap: (style, row, cells) => style === "cells" && [...cells.children].map((cell, at) => {
      row.cells[at + 1].replaceWith(cell)
      return cell
    }),
  })

  if (live) {
    const it = link(live, () => live._htmx?.sse, connection => connection.reader?.cancel())
    let request
    it.on("htmx:config:request", ({detail: {ctx}}) => {
      request = ctx.request
      if (whole) request.action = whole
      if (cursor) request.headers["Last-Event-ID"] = cursor
    })
    it.on("htmx:after:request", event => event.preventDefault())  // no stream: nothing to be shown
    it.on("htmx:finally:request", ({detail: {ctx: {response}}}) => {
      full = response?.status === 409
      if (response?.status === 401) signIn()
      else if (!live._htmx.sse) it.lost(!!response, response?.headers.get("Retry-After") * 1000)
    })
    it.on("htmx:sse:before:connection", event => idle() && event.preventDefault())
    it.on("htmx:sse:after:connection", it.opened)
    it.on("hello", event => links.forEach(each => each.patience = event.detail.data * 2500 || 13000))
    it.on("htmx:sse:before:message", () => drawing = it.heard())
    it.on("htmx:sse:after:message", event => {
      drawing = 0
      cursor = event.detail.message.id || cursor
      frame()
    })
    // What cannot be drawn is asked for again; the second time, all of it anew.
    it.on("htmx:sse:error", () => {
      if (drawing) stuck = cursor = cursor === stuck ? "?" : cursor
      drawing = 0
    })
    it.on("htmx:sse:close", event => it.lost(true, event.detail.connection.config.reconnectDelay))
    it.on("session-ended", signIn)
    it.on("taken-over", () => paused = 1)
    it.on("notice", event => said.textContent = event.detail.data)

    find("pause").onclick = () => {
      sessionStorage.paused = paused = paused ? "" : 1
      back()
    }
    addEventListener("online", back)
    addEventListener("offline", show)
    // Firefox breaks a stream off while the page is being left, open or still asked for, which would be an error in its
    // console. A download leaves no page: then the stream is opened again.
    addEventListener("beforeunload", () => {
      leaving = now() + 3000
      request?.abort()
    })
    document.addEventListener("visibilitychange", back)
  }

  if (fast) {
    const it = link(fast, () => fast._htmx?.ws?.connection, connection => connection.socket.close())
    let refused = 0
    it.on("htmx:ws:after:connection", () => {
      refused = 0
      it.opened()
    })
    it.on("htmx:ws:before:message:incoming", it.heard)
    it.on("htmx:ws:close", ({detail: {code}}) => {
      it.lost(0, Math.random() * 3000)
      if (code === 4401) signIn()
      else if (code === 1008 || links[0].up && ++refused > 2) {
        // The stream brings it all.
        links.pop()
        whole = live.dataset.whole
        back()
      }
    })
  }

  document.addEventListener("DOMContentLoaded", tend)
  setInterval(tend, 1000)
})()
