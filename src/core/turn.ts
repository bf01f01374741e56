/** Something that wants to be called once when the current callback of the event loop has run to its end. */
export interface Turned {
  onTurnEnd(): void;
}

let waiting: Turned[] = [];
/** `endTurn` will follow. */
let begun = false;

/**
 * What one callback of the event loop brings for an answer, many chunks of an upstream perhaps, is written at its end,
 * once. Call it once a turn for each object.
 */
export function atTurnEnd(turned: Turned): void {
  if (waiting.push(turned) === 1 && !begun) process.nextTick(run);
}

/**
 * For a callback that knows where it ends, and says so by `endTurn`: no tick has to be scheduled for it, which would be
 * one more call from Node into JavaScript.
 */
export function beginTurn(): void {
  begun = true;
}

export function endTurn(): void {
  begun = false;
  if (waiting.length > 0) run();
}

function run(): void {
  const turn = waiting;
  waiting = [];
  for (const turned of turn) turned.onTurnEnd();
}
