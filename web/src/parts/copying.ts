/** Put text into the clipboard, and say so. */

import { notify } from "../state/store";

export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    notify("The browser lets nothing be copied here: mark the text and copy it by hand.", "error");
  }
}
