// Keeps live panels new: each asks for its part of the page again every `data-seconds`, and puts it in its place.
//
// It asks nothing while the tab is hidden, while somebody has paused it, while the focus is inside of the part (what one
// reads must not go away), and after `data-minutes` without a sign of anybody: every answer may cost a query.
// A failure is told and tried again with growing waits; when the session has ended it stops.
"use strict";

class LivePanel {
  constructor(article) {
    const named = (name) => article.querySelector(`[data-live=${name}]`);
    this.part = named("part");
    this.state = named("state"); // a live region for screen readers: it changes only when the state does, not each time
    this.button = named("button");
    this.url = article.dataset.part;
    this.wait = article.dataset.seconds * 1000;
    this.patience = article.dataset.minutes * 60_000;
    this.seen = Date.now(); // when somebody was last here
    this.paused = this.idle = this.ended = this.asking = false;
    this.failures = 0;

    this.button.hidden = false;
    this.button.addEventListener("click", () => this.toggle());
    document.addEventListener("visibilitychange", () => this.plan(true));
    for (const sign of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
      document.addEventListener(sign, () => this.noticed(), { passive: true });
    }
    this.plan();
  }

  toggle() {
    this.paused = !this.paused;
    this.plan(true);
  }

  noticed() {
    this.seen = Date.now();
    if (this.idle) {
      this.idle = false;
      this.plan(true);
    }
  }

  // Says how it stands, and asks again: now, or when it is time.
  plan(now = false) {
    clearTimeout(this.timer);
    this.idle ||= Date.now() - this.seen > this.patience;
    this.button.textContent = this.paused ? "Go on" : "Pause";
    this.button.hidden = this.ended || this.idle; // idle: whatever one does goes on
    this.say();
    if (this.paused || this.idle || this.ended || document.hidden || this.asking) return;
    this.timer = setTimeout(() => this.ask(), now ? 0 : this.wait * 2 ** Math.min(this.failures, 5));
  }

  say() {
    let text = "Refreshing by itself.";
    if (this.ended) text = "Stopped: you are signed out. Load the page again.";
    else if (this.paused) text = "Paused.";
    else if (this.idle) text = "Stopped, since nobody seems to be here.";
    else if (this.failures) text = `Refreshing failed: ${this.reason}. It is tried again.`;
    if (this.state.textContent !== text) this.state.textContent = text;
  }

  async ask() {
    if (this.part.contains(document.activeElement)) return this.plan();
    this.asking = true;
    try {
      // A page, not data: without a session the answer is then a redirect, and not a browser's own question for a password.
      const answer = await fetch(this.url, { headers: { Accept: "text/html" }, redirect: "manual", cache: "no-store" });
      this.ended = answer.type === "opaqueredirect";
      if (!this.ended && !answer.ok) throw new Error(`the page answered ${answer.status}`);
      if (!this.ended) this.show(await answer.text());
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.reason = error instanceof TypeError ? "the page cannot be reached" : error.message;
    }
    this.asking = false;
    return this.plan();
  }

  show(html) {
    const open = this.part.querySelector("details.more")?.open;
    const found = new DOMParser().parseFromString(html, "text/html").body;
    if (open) found.querySelector("details.more")?.setAttribute("open", "");
    this.part.replaceChildren(...found.childNodes);
  }
}

for (const article of document.querySelectorAll("[data-part]")) new LivePanel(article);
