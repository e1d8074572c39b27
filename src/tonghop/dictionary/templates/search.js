"use strict";
// Search without a server: every word must stand somewhere in a name or code; accents and case do not count.
(() => {
  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");
  const form = document.querySelector("form.search");
  const input = document.getElementById("search");
  const results = document.getElementById("results");
  const entries = window.TONGHOP_ENTRIES.map(([kind, code, name, other, address]) =>
    ({ kind, code, name, address, folded: fold(`${code} ${name} ${other}`), inName: fold(`${code} ${name}`) }));
  const found = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const fits = entries.filter((entry) => words.every((word) => entry.folded.includes(word)));
    const weight = (entry) => (entry.inName.startsWith(words[0]) ? 0 : entry.inName.includes(words.join(" ")) ? 1 : 2);
    return fits.sort((one, other) => weight(one) - weight(other)).slice(0, 30);
  };
  const show = () => {
    const fits = found();
    results.replaceChildren();
    if (fits === null) return;
    if (!fits.length) results.append(Object.assign(document.createElement("li"), { textContent: form.dataset.none }));
    for (const entry of fits) {
      const link = Object.assign(document.createElement("a"), { href: form.dataset.up + entry.address, textContent: entry.name });
      const code = Object.assign(document.createElement("code"), { textContent: entry.code === entry.name ? "" : entry.code });
      const kind = Object.assign(document.createElement("small"), { textContent: entry.kind });
      const item = document.createElement("li");
      item.append(link, " ", code, " ", kind);
      link.addEventListener("click", () => { input.value = ""; results.replaceChildren(); });
      results.append(item);
    }
  };
  input.addEventListener("input", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); results.querySelector("a")?.click(); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { input.value = ""; show(); } });

  // A box of a diagram under the pointer or the focus: what it is made of and goes into stays, the rest fades.
  for (const diagram of document.querySelectorAll("svg.diagram")) {
    const lines = [...diagram.querySelectorAll("path")];
    const boxes = [...diagram.querySelectorAll("[data-node]")];
    const reached = (start, from, to) => {
      const names = new Set([start]);
      for (const name of names) for (const line of lines) if (line.dataset[from] === name) names.add(line.dataset[to]);
      return names;
    };
    const mark = (name) => {
      const above = name && reached(name, "to", "from"), below = name && reached(name, "from", "to");
      diagram.classList.toggle("marked", Boolean(name));
      for (const box of boxes) box.classList.toggle("on", Boolean(name) && (above.has(box.dataset.node) || below.has(box.dataset.node)));
      for (const line of lines) {
        const { from, to } = line.dataset;
        line.classList.toggle("on", Boolean(name) && ((above.has(from) && above.has(to)) || (below.has(from) && below.has(to))));
      }
    };
    for (const box of boxes) {
      for (const event of ["pointerenter", "focusin"]) box.addEventListener(event, () => mark(box.dataset.node));
      for (const event of ["pointerleave", "focusout"]) box.addEventListener(event, () => mark(null));
    }
  }
})();
