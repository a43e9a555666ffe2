/** Makes the settings for a process whose clock is off by so many milliseconds. */
export function withClock(aheadMs: number): Record<string, string> {
  const script = `const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...given) { given.length > 0 ? super(...given) : super(RealDate.now() + ${aheadMs}); }
      static now() { return RealDate.now() + ${aheadMs}; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}
