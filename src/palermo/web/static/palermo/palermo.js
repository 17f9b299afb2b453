// Everything works without this file; with it, the design system's components wake up.
import { initAll } from "../vendor/govuk-frontend.js";
import * as moj from "../vendor/moj-frontend.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
moj.initAll();

// What takes longer than a second says so, and for how long. A file that is downloaded leaves the page as it is.
for (const form of document.querySelectorAll("form[data-waits]")) {
  const line = document.getElementById(form.dataset.waits);
  let ticking;
  form.addEventListener("submit", (event) => {
    clearInterval(ticking);
    if (event.submitter?.hasAttribute("formaction")) return;
    const begun = Date.now();
    const told = document.createElement("span");
    // said once to who listens, and counted for who looks
    told.ariaHidden = "true";
    ticking = setInterval(() => {
      told.textContent = ` ${Math.round((Date.now() - begun) / 1000)} s so far.`;
      if (!told.isConnected) line.replaceChildren("Counting and comparing. This page follows.", told);
    }, 1000);
  });
  // the page as it was left comes back with the browser's own way back
  addEventListener("pagehide", () => {
    clearInterval(ticking);
    line.replaceChildren();
  });
}
