// Builds ../htmx-stream.min.js from the files of htmx.org beside it: npm ci && node build.mjs
//
// A desk's pages use links and forms as the browser has them. Of htmx they need the stream, the swaps and the events, so
// the rest is left out. Each cut is the only occurrence of its text, and what nothing calls any more goes with it; a call
// of something that is gone is a syntax error, since the methods of htmx are private.
import {readFileSync, writeFileSync} from "node:fs"
import {parse} from "acorn"
import {minify} from "terser"
import {CUTS, PUBLIC} from "./cuts.mjs"

const FILES = ["htmx.js", "hx-sse.js", "hx-upsert.js", "hx-csp.js"]
const LINE = "\n"

function cut(source, {from, to = from, put = ""}) {
  const start = source.indexOf(from), end = source.indexOf(to, start) + to.length
  if (start < 0 || end < to.length) throw new Error(`not there: ${start < 0 ? from : to}`)
  if (source.indexOf(from, start + 1) >= 0) throw new Error(`more than once: ${from}`)
  return source.slice(0, start) + put + source.slice(end)
}

function unused(source) {
  const members = []
  const tree = parse(source, {ecmaVersion: "latest"})
  JSON.stringify(tree, (_, node) => {
    if (node?.type === "MethodDefinition" || node?.type === "PropertyDefinition") members.push(node)
    return node
  })
  const isUsed = ({key, start, end}) => new RegExp(`#${key.name}\\b`).test(source.slice(0, start) + source.slice(end))
  return members.filter(each => each.key.type === "PrivateIdentifier" ? !isUsed(each) : PUBLIC.includes(each.key.name))
}

function withoutUnused(source) {
  const members = unused(source)
  if (!members.length) return source
  return withoutUnused(members.reverse().reduce((text, {start, end}) => text.slice(0, start) + text.slice(end), source))
}

const sources = FILES.map(name => {
  const source = readFileSync(new URL(name, import.meta.url), "utf8").replaceAll("\r\n", LINE)
  return withoutUnused((CUTS[name] ?? []).reduce(cut, source))
})
const {code} = await minify(sources.join(";\n"), {ecma: 2022, toplevel: false, compress: {passes: 5, unsafe_arrows: true}})
writeFileSync(new URL("../htmx-stream.min.js", import.meta.url), code + LINE)
