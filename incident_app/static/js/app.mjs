// Every page is right without us. What is here makes it nicer: nothing is decided in the browser.
import { startClocks } from "./clocks.mjs";
import { startCopying } from "./copy.mjs";
import { startDrafts } from "./drafts.mjs";
import { startForms } from "./forms.mjs";
import { startKeys } from "./keys.mjs";
import { startMenu } from "./menu.mjs";
import { startPasskeys } from "./passkeys.mjs";
import { startPolling } from "./poll.mjs";
import { startSheets } from "./sheets.mjs";
import { startSlices } from "./slices.mjs";

startMenu();
startKeys();
startSheets();
startSlices(); // before the forms: what we send must not be taken for sent
startForms();
startDrafts();
startClocks();
startPolling();
startCopying();
startPasskeys();
