// What every page gains where scripts run. Each module adds comfort to markup that works without it.
import { switches } from "./switches.js";
import { copying } from "./copying.js";
import { attention } from "./attention.js";

switches(document);
copying(document);
attention(document);
// htmx swaps parts of a page: what it brings gains the same.
document.addEventListener("htmx:after:swap", () => { copying(document); attention(document); });
