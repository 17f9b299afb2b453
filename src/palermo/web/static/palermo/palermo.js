// Everything works without this file; with it, the design system's components wake up.
import { initAll } from "../vendor/govuk-frontend.js";
import * as moj from "../vendor/moj-frontend.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
moj.initAll();
