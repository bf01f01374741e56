/** Something that wants to be called once when the current callback of the event loop has run to its end. */
export interface Turned {
  onTurnEnd(): void;
}

let waiting: Turned[] = [];

/**
 * One read of an upstream's socket gives many chunks with undici. What they add up to is written at the end of the turn,
 * once. Call it once a turn for each object.
 */
export function atTurnEnd(turned: Turned): void {
  if (waiting.push(turned) === 1) process.nextTick(run);
}

function run(): void {
  const turn = waiting;
  waiting = [];
  for (const turned of turn) turned.onTurnEnd();
}
