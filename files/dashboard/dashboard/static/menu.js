// The demo menu: each dish is a button whose click goes to the API by clicks.js, and a line says what became of it.
"use strict";

// Seconds that the page was looked at since it was last asked; a hidden tab does not count.
class Stopwatch {
  #seconds = 0;
  #since = document.hidden ? null : performance.now();

  constructor() {
    document.addEventListener("visibilitychange", () => {
      this.#add();
      this.#since = document.hidden ? null : performance.now();
    });
  }

  #add() {
    if (this.#since !== null) this.#seconds += (performance.now() - this.#since) / 1000;
  }

  lap() {
    this.#add();
    const seconds = this.#seconds;
    this.#seconds = 0;
    if (this.#since !== null) this.#since = performance.now();
    return Math.min(seconds, 86_400);
  }
}

function show(counts) {
  for (const cell of document.querySelectorAll("[data-count]")) cell.textContent = counts[cell.dataset.count].toLocaleString("en");
  const parts = [`${counts.stored} of ${counts.sent} stored`];
  if (counts.waiting) parts.push(`${counts.waiting} on the way`);
  if (counts.refused) parts.push(`${counts.refused} refused`);
  if (counts.lost) parts.push(`${counts.lost} given up`);
  document.getElementById("told").textContent = `${parts.join(", ")}.`;
  const why = document.getElementById("why");
  why.hidden = !counts.reason || counts.stored === counts.sent;
  why.querySelector(".reason").textContent = counts.reason;
}

const menus = document.getElementById("menus");
const watch = new Stopwatch();
const clicks = new Clicks({ url: menus.dataset.url, key: menus.dataset.key, beacon: menus.dataset.beacon, seconds: 1, changed: show });

for (const dish of menus.querySelectorAll("button.dish")) {
  dish.disabled = false;
  dish.addEventListener("click", () => clicks.click(dish.dataset.dish, watch.lap(), { menu: dish.dataset.menu }));
}
