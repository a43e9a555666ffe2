/** Does work when its owner's turn has come, and answers as the work does. */
export type TakeTurn = <Answer>(owner: string, work: () => Promise<Answer>) => Promise<Answer>;

/** Makes a line whose work is done one at a time: next is the owner whose last turn is longest ago. */
export function createLine(): TakeTurn {
  const waiting: { owner: string; start(): Promise<unknown> }[] = [];
  const lastTurns = new Map<string, number>();
  let turn = 0;
  let isBusy = false;

  const startNext = (): void => {
    if (isBusy) return;
    const lastOf = ({ owner }: { owner: string }): number => lastTurns.get(owner) ?? 0;
    const oldest = Math.min(...waiting.map(lastOf));
    const next = waiting.find((one) => lastOf(one) === oldest);
    if (!next) {
      lastTurns.clear();
      return;
    }
    waiting.splice(waiting.indexOf(next), 1);
    turn += 1;
    lastTurns.set(next.owner, turn);
    isBusy = true;
    void next.start().finally(() => {
      isBusy = false;
      startNext();
    });
  };

  return (owner, work) =>
    new Promise((resolve, reject) => {
      waiting.push({ owner, start: async () => work().then(resolve, reject) });
      startNext();
    });
}
