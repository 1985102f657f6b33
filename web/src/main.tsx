/** Where the page begins: its style, its keys, its first questions, its frame. */

import "./shell/fonts.css";
import "./shell/tokens.css";
import "./shell/base.css";
import "./shell/shell.css";
import "./shell/status.css";
import "./shell/messages.css";
import "./shell/help.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { listenToKeys } from "./parts/keyboard";
import { App } from "./shell/App";
import { start } from "./state/live";
import { learnWho } from "./state/me";
import { applyTheme } from "./state/theme";

applyTheme();
listenToKeys();
void start();
void learnWho().catch(() => {}); // a server that is away is told of by the line to it

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
