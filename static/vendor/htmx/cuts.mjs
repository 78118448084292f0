// What is left out of which file: from one text to another, both included. `put` takes its place.

// Methods for the scripts of pages that have some.
export const PUBLIC = ["onLoad", "on", "find", "findAll", "timeout"]

export const CUTS = {
  "htmx.js": [
    // Attributes that make requests of links, forms and events: hx-get to hx-query, hx-boost, hx-on, hx-confirm, hx-vals,
    // hx-headers, hx-include, hx-indicator, hx-disable, hx-encoding, hx-validate. And the eval that some of them need.
    {from: "            this.#initRequestIndicatorCss();\n"},
    {from: "            this.#actionSelector = ", to: "join(' or ')}]]`);\n"},
    {from: "                parseTriggerSpecs: this", to: "isSoftMatch: this.#isSoftMatch.bind(this),\n"},
    {from: "                    if (syncFn)", to: "this.#AsyncFunction = asyncFn;\n"},
    {from: ",\n                executeJavaScript: this.#executeJavaScript.bind(this)"},
    {from: "this.#internalAPI.isSoftMatch(cursor", put: "this.#isSoftMatch(cursor"},
    {from: "            let hxOnNodes = [root];", to: "                this.#maybeBoost(elt);\n            }\n"},
    {from: "            let {action, method} = this.#determineMethodAndAction(sourceElement, sourceEvent);\n"},
    {from: "            let [fullAction, anchor] = (action || '').split('#');\n"},
    {from: "                select: this.#attributeValue(sourceElement, \"hx-select\"),", to: "\"hx-select-oob\"),\n"},
    {from: "                push: this", to: "\"hx-confirm\"),\n"},
    {from: "                    validate: \"true\" ===", to: "                    method,\n"},
    {from: "            // Apply boost config overrides", to: "sourceElement._htmx.boosted, ctx);\n            }\n"},
    {from: "            if (this.#isBoosted(elt)) {\n                headers", to: "            }\n"},
    {from: " else if (this.#isBoosted(elt)) {\n                return document.body\n            }"},
    {from: "            let evt = ctx.sourceEvent\n"},
    {from: "            if (this.#isModifierKeyClick(evt)) return", to: "                body\n            })\n"},
    {from: "            if (ctx.request.method === 'DIALOG')", to: "new URLSearchParams(ctx.request.body);\n            }\n"},
    {from: "            ctx.indicators ??= [];", to: "ctx.disabledElements ??= [];\n"},
    {from: "                // Handle confirmation", to: "if (!confirmed) return;\n                }\n"},
    {from: "                this.#showIndicators(ctx);", to: "this.#disableElements(ctx);\n"},
    {from: "                if (!ctx.keepIndicators) {", to: "this.#enableElements(ctx.disabledElements);\n                }\n"},

    // What an answer that is no stream does: HX-* headers, hx-status, and swaps of the whole answer. live.js ends such a
    // request at htmx:after:request.
    {from: "                this.#extractHxHeaders(ctx);\n"},
    {from: "                if (ctx.response.status >= 400) {", to: "ctx.status = \"swapped\";\n                }\n"},
    {from: "                if (ctx.hx?.trigger) {", to: "                }\n"},

    // Modifiers of triggers, and their timers.
    {from: "            let specs = this.#parseTriggerSpecs", to: "                    fromElt.addEventListener(eventName, spec.handler, listenerInfo);\n                }\n            }\n",
     put: "            this.#htmxProp(elt).listeners.push({fromElt: elt, eventName: specString, handler});\n            elt.addEventListener(specString, handler);\n"},
    {from: "                for (let spec of e._htmx.triggerSpecs || []) {", to: "spec.observer?.disconnect()\n                }\n"},

    // Inherited and appended attributes, selectors relative to an element, and hx-sync of another element.
    {from: "            let n1 = CSS.escape(allowInheritance", to: "                return val;\n            }\n"},
    {from: " ?? this.#attr(elt, name + inherited);", put: ";"},
    {from: "            let inherited = this.#maybe", to: "this.#maybeAdjustMetaCharacter(\":append\");\n"},
    {from: "            let hxSync = this.#attributeValue(elt, \"hx-sync\");\n            let syncElt", to: "|| elt;\n            }\n", put: "            let syncElt = elt\n"},
    {from: "            if (selector.startsWith('global '))", to: "                    unprocessedParts.push(selector)\n                }\n\n                if (item) {\n                    result.push(item)\n                }\n            }\n",
     put: "            let result = [], unprocessedParts = [selector];\n"},
    {from: "let rootNode = this.#getRootNode(elt, !!global)", put: "let rootNode = document"},

    // History, the page's title and its anchor.
    {from: "            if (this.config.history && !this.#historyInitialized) {", to: "restoreHistory(event.state));\n                }\n            }\n"},
    {from: "                this.#handleHistoryUpdate(ctx);\n"},
    {from: "                if (ctx.title && ctx.swap", to: "this.#handleAnchorScroll(ctx);\n"},
    {from: "            response = response.replace(/<head(", to: "?.toLowerCase();\n"},
    {from: "            if (startTag === 'html'", to: "            } else {\n                doc = this.#parseHTML(`<template>", put: "            {\n                doc = this.#parseHTML(`<template>"},
    {from: "            if (!title) {\n", to: "                    titleElt.remove();\n                }\n            }\n"},
    {from: "            let title = '';\n"},
    {from: "                fragment,\n                title\n", put: "                fragment\n"},
    {from: "{fragment, title} = ", put: "{fragment} = "},
    {from: "                ctx.title = title;\n"},
    {from: "                        if (swapSpec.ignoreTitle) ctx.title = null;\n                        let targets", put: "                        let targets"},

    // Swaps outside <hx-partial>: out of band, and what stands around the partials.
    {from: "                // Process OOB and partials", to: "this.#processOOB(fragment, ctx.sourceElement, ctx.selectOOB);\n"},
    {from: "tasks.push(...oobTasks, ...partialTasks)", put: "tasks.push(...partialTasks)"},
    {from: "                // Determine if empty swap", to: "tasks.unshift(mainSwap);\n                }\n"},
    {from: "                if (!ctx.sourceElement?.isConnected && mainSwap", to: "                }\n"},
    {from: "            // Body fragment: strip", to: "                swapSpec.strip ??= !keepBody\n            }\n"},

    // View transitions, and the settling of classes.
    {from: "                    if (task.swapSpec?.transition", to: "swapPromises.push(this.#insertContent(task));\n                    }\n", put: "swapPromises.push(this.#insertContent(task));\n"},
    {from: "                // submit all transition tasks", to: "this.#submitTransitionTask(tasksWrapper, ctx));\n                }\n"},
    {from: "                let transitionTasks = [];\n"},
    {from: "            this.#addClass(target, \"htmx-swapping\")", to: "                await this.timeout(task.swapSpec?.swap)\n            }\n"},
    {from: "                settleTasks = cssTransition &&", to: ": []\n"},
    {from: "            let settleTasks = []\n            let settleDelay", to: ";\n"},
    {from: "            this.#trigger(target, \"htmx:before:settle\"", to: "                this.process(elt);\n                this.#handleAutoFocus(elt);\n            }\n"},
    {from: "                this.#removeClass(target, \"htmx-swapping\")\n"},

    // Scrolling, autofocus, hx-preserve, scripts in fragments.
    // What a push brings is not looked through for htmx attributes: none in it can act.
    {from: "                    this.process(placeholder);\n"},
    {from: "                    if (isHxAttr(attr.name)) needsReinit = true;\n                    if (!this.#triggerExtensions(destination, 'htmx:before:morph:attr', { attrName: attr.name, newValue: attr.value", to: "continue;\n"},
    {from: "                    if (isHxAttr(attr.name)) needsReinit = true;\n                    if (!this.#triggerExtensions(destination, 'htmx:before:morph:attr', { attrName: attr.name, newValue: null", to: "continue;\n"},
    {from: "            let needsReinit = false;", to: "name.startsWith(p));\n"},
    {from: "            if (needsReinit) this.#cleanup(destination, true);\n"},
    {from: "            this.#handleScroll(swapSpec, target);\n"},
    {from: "            let pantry = this.#handlePreservedElements(fragment);\n"},
    {from: "            this.#restorePreservedElements(pantry);\n"},
    {from: "            this.#processScripts(fragment);\n"},
    {from: "                        this.#processScripts(templateElt.content);\n"},

    // Styles of swaps that patch() in app/web/html.py does not write.
    {from: "                } else if (swapStyle === 'textContent') {", to: "                    target.textContent = fragment.textContent;\n"},
    {from: "                } else if (swapStyle === 'outerSync') {", to: "                    newContent = [...target.childNodes];\n"},
    {from: "                } else if (swapStyle === 'beforebegin') {", to: "this.#insertNodes(parentNode, target.nextSibling, fragment);\n                    }\n"},
    {from: "style: this.#normalizeSwapStyle(style)", put: "style"},

    // Other spellings of attributes, what is left alone, and hooks that no extension here has.
    {from: "            let p = this.config.prefix;\n            return elt.getAttribute(name) ?? (p ? elt.getAttribute(name.replace('hx-', p)) : null);", put: "            return elt.getAttribute(name);"},
    {from: "            if (this.#ignore(root)) return;\n"},
    {from: "            name = this.#maybeAdjustMetaCharacter(name);\n"},
    {from: "this.#maybeAdjustMetaCharacter(eventName)", put: "eventName"},
    {from: "            if (this.config.morphSkip && old", to: "{oldNode, newNode})) return;\n"},
    {from: "            let skipChildren = this.config.morphSkipChildren", to: "this.config.morphSkipChildren);\n"},
    {from: "!skipChildren && ", put: ""},
    {from: "                morphSkip: '[hx-morph-skip]',", to: "'[hx-morph-skip-children]',\n"},
    {from: "                prefix: \"data-hx-\",\n"},
    {from: "            this.#initializeAbortListener(elt);\n"},
    {from: "            let selector = maybeSelector ?? eltOrSelector;", to: "return [...new Set(result)]\n", put: "            return document.querySelectorAll(maybeSelector)\n"},
    {from: "        /**\n         * Splits an HCON-aware string", to: "*$)/);\n        },\n"},

    // Settings of all that.
    {from: "                transitions: false,", to: "history: true,\n"},
    {from: "                indicatorClass: ", to: "includeIndicatorCSS: true,\n"},
    {from: "                noSwap: [204, 304],", to: "allowEmptySwapAfterOOB: false\n"},
    {from: ", allowInheritance = this.config.implicitInheritance"},
  ],
  "hx-sse.js": [
    // Names of attributes before htmx 4.
    {from: "                checkLegacyAttributes(element);", to: "element.getAttribute(legacyAttr));\n                }\n"},
    {from: "${sseSelector},[sse-connect],[sse-close],[sse-swap]", put: "${sseSelector}"},

    // Its own attempts to connect again, and the pause of a hidden page: live.js decides both.
    {from: "                // Reconnection (not on first", to: "connection.attempt = 0;\n                }\n", put: "                if (connection.attempt > 0) break;\n"},
    {from: "        if (config.pauseOnBackground) {", to: "connection.visibilityHandler = visibilityHandler;\n        }\n"},
    {from: "            reconnect: hasHxSseConnect,\n"},
    {from: "            reconnectMaxDelay: 60000,", to: "reconnectJitter: 0.3,\n"},
    {from: "            pauseOnBackground: hasHxSseConnect,\n"},

    // Swaps of a message as a whole.
    {from: "                        // Always prevent empty swap for SSE", to: "ctx.swap += ' swapEmpty:false';\n"},
  ],
  "hx-upsert.js": [
    // The element <hx-upsert>.
    {from: "        htmx_process_upsert: (templateElt", to: "sourceElement: ctx.sourceElement\n            });\n        },\n"},
  ],
  "hx-csp.js": [
    // Every request is one of an element that has the page's nonce: the extension for streams asks nobody else.
    {from: "            if (!pageNonce) return false;\n            let action", put: "            if (!pageNonce || getNonce(elt) !== pageNonce) return false;\n            let action"},
    {from: "            let submitter = detail", to: "submitter, ctx: detail.ctx });\n                detail.cancelled = true;\n                return false;\n            }\n"},

    // The attributes, the eval and the answers that htmx.js above no longer has.
    {from: "            let counter = 0;", to: "new Ctor(...keys, body).call(thisArg, ...values);\n                        }\n                    };\n                };\n            }\n"},
    {from: ", makeGatedConstructor(false), makeGatedConstructor(true)"},
    {from: "        htmx_before_init: checkNonce,", to: "ctx.text = rewriteNoncesInText(ctx.text, responseNonce);\n            }\n        },\n"},
  ],
}
