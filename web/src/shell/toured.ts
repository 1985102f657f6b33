/** Whether this browser was shown around; a browser that keeps nothing is not asked at all. */

const KEY = "gridtwin.toured";

export function wasToured(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

export function remember(): void {
  try {
    localStorage.setItem(KEY, "1");
  } catch {
    // it is offered again next time
  }
}
