/** What would happen if these switches were operated: nothing is stored. */

export default function WhatIfPanel() {
  return <p className="quiet">Choose a switch to open or close it in a what-if.</p>;
}
