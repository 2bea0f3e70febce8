// The pages' one script. Without it every page can be read and used; with it they follow what the phone does.
"use strict";

(() => {
  // A page code in the address goes into the form and out of the address bar. It stands after the #, so no server has seen it.
  function takeCode() {
    const field = document.getElementById("code");
    const code = location.hash.slice(1);
    if (!field || !/^[0-9A-Za-z-]{20,64}$/.test(code)) return;
    history.replaceState(null, "", location.pathname + location.search);
    field.value = code;
    if (field.dataset.fill === undefined) field.form.requestSubmit(); // a form with more to fill in waits for it
  }

  // The address of a code that the phone's own camera opened, for the app. Languages keep what stands after the #.
  function linkApp() {
    for (const a of document.querySelectorAll("a[data-app]")) {
      if (!/^#[0-9A-Z]{16,120}$/.test(location.hash)) continue;
      a.href = a.dataset.app + location.hash;
      a.hidden = false;
      for (const l of document.querySelectorAll(".language a")) l.hash = location.hash;
    }
  }

  // Times of day in the zone of whoever reads.
  function localTimes(root) {
    for (const t of root.querySelectorAll("time[data-clock]")) {
      const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      if (t.dataset.clock === "seconds") form.second = "2-digit";
      t.textContent = new Date(t.dateTime).toLocaleTimeString("en-GB", form);
    }
  }

  // Days and times, for whoever reads in another zone than the server's.
  function localDays(root) {
    for (const t of root.querySelectorAll("time[data-when]")) {
      const zone = /([+-])(\d\d):(\d\d)$/.exec(t.dateTime);
      const at = new Date(t.dateTime);
      const minutes = zone ? (zone[1] + "1") * (zone[2] * 60 + +zone[3]) : 0;
      if (minutes === -at.getTimezoneOffset()) continue;
      t.textContent = at.toLocaleString(document.documentElement.lang, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    }
  }

  // The preview of a text follows what is typed, half a second behind.
  function preview(root) {
    const form = root.querySelector("form[data-preview]");
    const button = form && form.querySelector("[data-preview-button]");
    if (!button) return;
    let waits = 0;
    form.addEventListener("input", () => {
      clearTimeout(waits);
      waits = setTimeout(() => form.requestSubmit(button), 500);
    });
  }

  // The ring counts down by a clock that cannot be set; the server says when the time is over.
  let ticking = 0;
  function tick(root) {
    clearInterval(ticking);
    const ring = root.querySelector(".ring[data-left]");
    if (!ring) return;
    const end = performance.now() + ring.dataset.left * 1000;
    const arc = ring.querySelector(".left");
    const text = ring.querySelector("span");
    const draw = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      text.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
      arc.setAttribute("stroke-dasharray", Math.round(1000 * left / ring.dataset.of) + " 2000");
      ring.classList.toggle("ending", left <= 10);
      if (left === 0) clearInterval(ticking);
    };
    ticking = setInterval(draw, 1000);
  }

  // What has just come under a finger takes no tap for a moment.
  let arrived = -1000;
  document.addEventListener("click", (e) => {
    if (performance.now() - arrived < 500 && e.target.closest("button")) e.preventDefault();
  });

  // A form is sent once, except into a preview.
  document.addEventListener("submit", (e) => {
    if (e.submitter && e.submitter.formTarget) return;
    if (e.target.dataset.sent) e.preventDefault();
    e.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", (e) => {
    if (e.persisted) location.reload(); // the browser kept the page as it was; the phone may have gone on
  });

  async function load(state) {
    const answer = await fetch(location.pathname + location.search, { cache: "no-store", credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    const old = document.querySelector("main");
    if (!main || (main.dataset.state || "") === state) return;
    arrived = performance.now();
    for (const field of main.querySelectorAll("[data-keep][id]")) { // what was typed stays
      const typed = old.querySelector("#" + CSS.escape(field.id));
      if (typed) field.value = typed.value;
    }
    main.classList.add("live");
    old.replaceWith(main);
    document.title = page.title;
    prepare(main);
    const heading = main.querySelector("h1");
    if (heading) heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  // The server sends the name of the state, nothing else; what the page shows is fetched.
  function follow() {
    const first = document.querySelector("main[data-events]");
    if (!first || !window.EventSource) return;
    const source = new EventSource(first.dataset.events);
    let again = 0;
    const lost = (yes) => {
      const line = document.querySelector(".offline");
      if (line) line.hidden = !yes;
    };
    const changed = async (state) => {
      clearTimeout(again);
      const shown = document.querySelector("main").dataset.state;
      if (shown === undefined) return source.close();
      if (shown === state) return;
      try {
        await load(shown);
        if (document.querySelector("main").dataset.state === undefined) source.close();
      } catch {
        again = setTimeout(changed, 2000, state);
      }
    };
    source.addEventListener("state", (e) => {
      lost(false);
      changed(e.data);
    });
    source.addEventListener("error", () => {
      lost(true);
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5000); // refused, not just cut off: the browser has given up
    });
    addEventListener("pagehide", () => source.close());
  }

  function prepare(root) {
    localTimes(root);
    localDays(root);
    preview(root);
    tick(root);
  }

  takeCode();
  linkApp();
  addEventListener("hashchange", () => { takeCode(); linkApp(); });
  prepare(document);
  follow();
})();
