// Sends clicks to the API of the clickstream pipeline. One file, no dependencies:
//
//   const clicks = new Clicks({ url: "https://….amazonaws.com/v1", key: "…", menu: "Lunch" });
//   clicks.click("Soup of the day", 12);            // what was clicked, after how many seconds
//   clicks.click("Lemonade", 3, { menu: "Drinks" });
//   await clicks.flush();                            // now, rather than soon
//
// Options, with their defaults:
//   url, key    the API's stage, and the key that it wants. A key in a page is no secret: it only names who asks. A path of
//               this page's own server will do that passes what comes to PATH/poc/batch on; it needs no key
//   menu        source_menu of clicks that do not say another
//   size        20      clicks in a batch, at most 500
//   seconds     2       how long a click waits for others
//   limit       1000    clicks that wait at most; one more, and the oldest is given up
//   tries       8       how often a click is sent before it is given up
//   retry       1       seconds before the second try; twice as many before each further one, up to 60, by chance up to half less
//   beacon      ""      the whole path of such a server, for what the page leaves behind; see below
//   changed     none    function that is called with the counts below after each change
//
// `clicks.counts`: sent = stored + refused + lost + handed over + waiting.
//   stored        the API has them
//   refused       the API, or this file before it, will never take them; `reason` says why
//   lost          given up after `tries`, or because too many waited
//   handedOver    left with the browser when the page was left: whether they were stored nobody here can know
//   waiting       not yet sent, or to be sent again
//
// A click gets its click_id when it is made and keeps it, however often it is sent: queries count an id once. Of a batch
// only those records are sent again that the API says it could not store. 429 and 5xx are tried again, and not before
// the time that their Retry-After names. A batch that is refused as a whole (400, 413) is halved until the bad click is found.
//
// When the page is left or hidden, what waits goes at once. Requests are `keepalive`, so the browser ends them after the page
// is gone, with the key in their header. navigator.sendBeacon cannot set a header, so the API would refuse it: it is used
// where keepalive is missing or its 64 kB are used up, and then to `beacon`, which adds the key. Without `beacon` what finds
// no room is kept until the page is shown again. Nothing is written to the visitor's disk, and no cookie is sent to the API.
"use strict";

globalThis.Clicks = (() => {
  const KEEPALIVE_BYTES = 60_000; // of all requests at the same time; browsers allow 65,536
  const BEACON_BYTES = 8_000; // the dashboard takes no more
  const LONGEST = 200; // characters of an element or a menu
  const LONGEST_SECONDS = 86_400;
  const AGAIN = new Set([408, 429, 500, 502, 503, 504]);
  const encoder = new TextEncoder();

  // 32 hexadecimal digits that nobody else has. randomUUID exists on https and localhost only.
  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // Why a click would be refused, or nothing.
  function problem(click) {
    for (const name of ["element_clicked", "source_menu"]) {
      const text = typeof click[name] === "string" ? click[name] : "";
      const length = [...text].length;
      if (length < 1 || length > LONGEST || /\p{Cs}/u.test(text)) return `${name} must be a text of 1 to ${LONGEST} characters`;
    }
    const whole = Number.isInteger(click.time_spent) && click.time_spent >= 0 && click.time_spent <= LONGEST_SECONDS;
    return whole ? "" : `time_spent must be whole seconds from 0 to ${LONGEST_SECONDS}`;
  }

  // Milliseconds that a Retry-After asks for: it is a number of seconds or a date; at most an hour is believed.
  function retryAfter(answer) {
    const text = answer.headers.get("Retry-After") ?? "";
    const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    return Math.min(Math.max(wait || 0, 0), 3_600_000);
  }

  // What an answer that is no 200 says.
  async function messageOf(answer) {
    try {
      const { message, reason } = await answer.json();
      return [message ?? `HTTP ${answer.status}`, reason].filter(Boolean).join(": ");
    } catch {
      return `HTTP ${answer.status}`;
    }
  }

  return class Clicks {
    #options;
    #queue = []; // {click, text, bytes, tries}, the oldest first
    #timer = 0;
    #waits = 0; // until when nothing is sent (ms since 1970), after the API asked for patience
    #failures = 0; // in a row
    #busy = null; // the Promise of the sending that is going on
    #flying = new Set(); // batches that are on their way
    #batchSize;

    constructor(options) {
      const defaults = { menu: "", size: 20, seconds: 2, limit: 1000, tries: 8, retry: 1, beacon: "", changed: () => {} };
      this.#options = { ...defaults, ...options };
      if (!/^(https?:|\/)/.test(this.#options.url ?? "")) throw new TypeError(`Clicks needs the API's url; it is ${this.#options.url}`);
      this.#batchSize = Math.min(Math.max(this.#options.size, 1), 500);
      this.counts = { sent: 0, stored: 0, refused: 0, lost: 0, handedOver: 0, waiting: 0, reason: "" };
      addEventListener("pagehide", () => this.#leave());
      document.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : this.#plan()));
    }

    // Take a click and send it soon; its click_id, or "" if it was refused.
    click(element, seconds = 0, { menu = this.#options.menu } = {}) {
      const click = {
        element_clicked: element,
        time_spent: Math.round(seconds),
        source_menu: menu,
        created_at: new Date().toISOString(),
        click_id: newId(),
      };
      this.counts.sent += 1;
      const wrong = problem(click);
      if (wrong) {
        this.#refuse(1, wrong);
      } else {
        const text = JSON.stringify(click);
        this.#queue.push({ text, bytes: encoder.encode(text).length + 1, tries: 0 });
        if (this.#queue.length > this.#options.limit) this.#lose(this.#queue.splice(0, 1), `more than ${this.#options.limit} clicks wait`);
        if (document.hidden) this.#leave();
        else this.#plan();
      }
      this.#told();
      return wrong ? "" : click.click_id;
    }

    // Send what waits without waiting for more; ends when all of it is answered, or has to be tried later.
    async flush() {
      clearTimeout(this.#timer);
      await (this.#busy ??= Promise.resolve().then(() => this.#sendAll()));
    }

    #plan() {
      if (!this.#queue.length || this.#busy) return;
      clearTimeout(this.#timer);
      const soon = this.#queue.length >= this.#batchSize || this.#failures ? 0 : this.#options.seconds * 1000;
      this.#timer = setTimeout(() => this.flush(), Math.max(this.#waits - Date.now(), soon));
    }

    async #sendAll() {
      try {
        while (this.#queue.length && this.#waits <= Date.now()) await this.#send(this.#take(this.#batchSize, KEEPALIVE_BYTES / 2));
      } finally {
        this.#busy = null;
        this.#plan();
      }
    }

    // The oldest clicks, at least one, as many as fit.
    #take(count, bytes) {
      let fit = 0;
      for (let size = 14; fit < Math.min(count, this.#queue.length); fit += 1) {
        size += this.#queue[fit].bytes;
        if (fit && size > bytes) break;
      }
      return this.#queue.splice(0, fit);
    }

    // Send a batch and see what became of each; what has to be sent again is in the queue afterwards.
    async #send(batch) {
      const body = this.#body(batch);
      this.#flying.add(batch);
      batch.forEach((each) => (each.tries += 1));
      try {
        const answer = await fetch(`${this.#options.url}/poc/batch`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "x-api-key": this.#options.key },
          body,
          mode: "cors",
          credentials: "same-origin", // the session, where it is this page's own server; never a cookie to another
          referrerPolicy: "no-referrer",
          keepalive: this.#fits(batch),
        });
        if (answer.ok) this.#answered(batch, await answer.json());
        else if (AGAIN.has(answer.status)) this.#again(batch, await messageOf(answer), retryAfter(answer));
        else if ([400, 413].includes(answer.status) && batch.length > 1) await this.#halve(batch);
        else this.#refuse(batch.length, await messageOf(answer));
      } catch (error) {
        this.#again(batch, `the API cannot be reached (${error.message})`);
      } finally {
        this.#flying.delete(batch);
        this.#told();
      }
    }

    // A 200: each record has its own answer, in order.
    #answered(batch, { results }) {
      if (results?.length !== batch.length) throw new Error(`it answers ${results?.length ?? "nothing"} for ${batch.length} clicks`);
      const failed = batch.filter((_, at) => !results[at].stored);
      this.counts.stored += batch.length - failed.length;
      if (failed.length) {
        this.#again(failed, results.find((each) => !each.stored).error ?? "the stream did not take it");
      } else {
        this.#failures = this.#waits = 0;
      }
    }

    async #halve(batch) {
      const middle = Math.ceil(batch.length / 2);
      await this.#send(batch.slice(0, middle));
      await this.#send(batch.slice(middle));
    }

    #again(batch, reason, patience = 0) {
      const given = batch.filter((each) => each.tries >= this.#options.tries);
      this.#lose(given, reason);
      this.#queue.unshift(...batch.filter((each) => !given.includes(each)));
      const over = this.#queue.length - this.#options.limit;
      if (over > 0) this.#lose(this.#queue.splice(0, over), `more than ${this.#options.limit} clicks wait`);
      const wait = Math.min(this.#options.retry * 2 ** this.#failures, 60) * 1000 * (1 - Math.random() / 2);
      this.#failures += 1;
      this.#waits = Date.now() + Math.max(wait, patience);
      this.counts.reason = reason;
    }

    // The page may be gone in a moment: hand everything to the browser.
    #leave() {
      clearTimeout(this.#timer);
      while (this.#queue.length) {
        const room = KEEPALIVE_BYTES - this.#inFlight();
        const first = this.#queue[0].bytes + 14;
        if ("keepalive" in Request.prototype && first <= room) {
          this.#send(this.#take(500, room)); // an answer is counted, if the page is still there
        } else if (this.#options.beacon && first <= BEACON_BYTES) {
          const batch = this.#take(500, BEACON_BYTES);
          if (!navigator.sendBeacon(this.#options.beacon, new Blob([this.#body(batch)], { type: "application/json" }))) {
            this.#queue.unshift(...batch);
            break;
          }
          this.counts.handedOver += batch.length;
        } else {
          break;
        }
      }
      this.#told();
    }

    #body(batch) {
      return `{"clicks":[${batch.map((each) => each.text).join(",")}]}`;
    }

    #inFlight() {
      return [...this.#flying].flat().reduce((sum, each) => sum + each.bytes, 14 * this.#flying.size);
    }

    // Whether a batch that is on its way fits with all the others into what browsers keep alive.
    #fits(batch) {
      return this.#flying.has(batch) && this.#inFlight() <= KEEPALIVE_BYTES;
    }

    #refuse(number, reason) {
      this.counts.refused += number;
      this.counts.reason = reason;
    }

    #lose(batch, reason) {
      if (!batch.length) return;
      this.counts.lost += batch.length;
      this.counts.reason = reason;
    }

    #told() {
      const { sent, stored, refused, lost, handedOver } = this.counts;
      this.counts.waiting = sent - stored - refused - lost - handedOver;
      this.#options.changed({ ...this.counts });
    }
  };
})();
