/** Where the viewer of manuals begins: a page of its own, opened from the map, an answer or a link. */

import "../shell/fonts.css";
import "../shell/tokens.css";
import "../shell/base.css";
import "./manual.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { applyTheme } from "../state/theme";
import { ManualViewer } from "./ManualViewer";

applyTheme();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <ManualViewer />
    </StrictMode>,
  );
}
