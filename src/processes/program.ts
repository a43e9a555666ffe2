/** Names the program of supervisord whose processes run these kinds: `images`, `emails+webhooks`. */
export const nameProgram = (kinds: readonly string[]): string => kinds.join('+');

/** The kinds that the program of that name runs; of another program, such as `web`, its name alone. */
export const kindsOfProgram = (program: string): string[] => program.split('+');
