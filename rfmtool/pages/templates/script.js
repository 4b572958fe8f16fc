"use strict";
(() => {
const value = cell => { const d = cell && cell.querySelector("data"); const t = d ? d.value : cell ? cell.textContent.trim() : ""; return t; };
const number = text => { const n = Number(text.replace("%", "")); return text === "" || Number.isNaN(n) ? null : n; };
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    if (head.querySelector(".sr") || !head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = [...body.rows].map(row => { const t = value(row.cells[at]); return [number(t), t, row]; });
      keyed.sort((a, b) => {
        if ((a[0] === null) !== (b[0] === null)) return a[0] === null ? 1 : -1;
        const order = a[0] === null ? (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) : a[0] - b[0];
        return down ? -order : order;
      });
      body.append(...keyed.map(one => one[2]));
    });
  });
}
const said = document.getElementById("said");
for (const plot of document.querySelectorAll("[data-plot]")) {
  const fold = plot.nextElementSibling;
  if (!fold || !fold.dataset.x) continue;
  const places = fold.dataset.x.split(" ").map(Number), svg = plot.querySelector("svg");
  const rows = [...fold.querySelectorAll("tbody tr")], heads = [...fold.querySelectorAll("thead th")].map(h => h.textContent);
  let tip, rule, at = -1;
  const hide = () => { if (tip) { tip.remove(); rule.remove(); tip = null; } at = -1; };
  const show = (next, aloud) => {
    at = Math.max(0, Math.min(rows.length - 1, next));
    const cells = [...rows[at].cells].map(c => c.textContent.trim());
    const words = cells.slice(1).map((c, i) => `${c} ${heads[i + 1]}`).join(", ");
    if (!tip) { tip = document.createElement("p"); tip.className = "tip"; rule = document.createElement("p"); rule.className = "rule"; plot.append(rule, tip); }
    tip.textContent = `${cells[0]}: ${words}`;
    const left = svg.getBoundingClientRect().left - plot.getBoundingClientRect().left, x = left + places[at] / 100 * svg.clientWidth;
    rule.style.left = `${x}px`; rule.style.top = `${svg.getBoundingClientRect().top - plot.getBoundingClientRect().top}px`; rule.style.height = `${svg.clientHeight}px`;
    tip.style.left = `${Math.max(0, Math.min(plot.clientWidth - tip.offsetWidth, x - tip.offsetWidth / 2))}px`; tip.style.top = "0";
    if (aloud) said.textContent = `${words}, ${heads[0]} ${cells[0]}`;
  };
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", event => {
    const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? 0 : at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to, true); } else if (event.key === "Escape") hide();
  });
  svg.addEventListener("blur", hide);
  plot.addEventListener("pointermove", event => {
    const box = svg.getBoundingClientRect(), x = 100 * (event.clientX - box.left) / box.width;
    let best = 0;
    places.forEach((p, i) => { if (Math.abs(p - x) < Math.abs(places[best] - x)) best = i; });
    show(best, false);
  });
  plot.addEventListener("pointerleave", hide);
}
})();
