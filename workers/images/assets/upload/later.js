/** Makes a function that has `act` called that much later: once, however often it is called until then. */
export function later(ms, act) {
  let isAwaited = false;
  return () => {
    if (isAwaited) return;
    isAwaited = true;
    setTimeout(() => {
      isAwaited = false;
      act();
    }, ms);
  };
}
