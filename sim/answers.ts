import { createHash } from 'node:crypto';
import { compose } from './answer.ts';
import { type Delivery, deliver } from './delivery.ts';
import { type Asked, type Dialect, Refusal } from './dialect.ts';
import { misdeliver } from './fault.ts';
import { readLoosely } from './lenient.ts';
import { findScript, type Script } from './script.ts';

/** A request that was understood, with its answers ready. */
export interface Prepared {
  readonly asked: Asked;
  readonly script: Script;
  readonly good: Delivery;
  /** What `status` or `fault` ask for. */
  readonly bad: Delivery | undefined;
}

/** Answers remembered, and the longest request body among them: load tests send the same request over and over. */
const ANSWERS_MAX = 256;
const REMEMBERED_BODY_BYTES_MAX = 65_536;
/** Scripts whose failures are counted. */
const COUNTERS_MAX = 10_000;
const ID_LENGTH = 24;

/** Makes answers out of requests. The same request gives the same bytes, whenever and wherever it is asked. */
export class Answers {
  readonly #defaults: Script;
  readonly #prepared = new Map<string, Prepared>();
  readonly #failures = new Map<string, number>();

  constructor(defaults: Script) {
    this.#defaults = defaults;
  }

  /** @param isBeta whether the request asks for features on trial @throws {Refusal} */
  prepare(dialect: Dialect, body: Buffer, isBeta: boolean): Prepared {
    if (body.length > REMEMBERED_BODY_BYTES_MAX) return this.#make(dialect, body, isBeta);
    const key = `${dialect.path} ${isBeta} ${body.toString('latin1')}`;
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = this.#make(dialect, body, isBeta);
      if (this.#prepared.size >= ANSWERS_MAX) this.#prepared.clear();
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  /** Which of the two answers is due; counts the failures of `failTimes`. */
  choose({ script, good, bad }: Prepared): Delivery {
    if (bad === undefined) return good;
    const { failTimes, id = '' } = script;
    if (failTimes === undefined) return bad;
    const failed = this.#failures.get(id) ?? 0;
    if (failed >= failTimes) return good;
    if (this.#failures.size >= COUNTERS_MAX) this.#failures.clear();
    this.#failures.set(id, failed + 1);
    return bad;
  }

  reset(): void {
    this.#failures.clear();
  }

  #read(dialect: Dialect, body: unknown, isBeta: boolean): Pick<Prepared, 'asked' | 'script'> {
    const scriptOf = ({ texts, turnsAfter }: Asked): Script => ({
      ...this.#defaults,
      ...findScript(texts, turnsAfter),
    });
    try {
      const asked = dialect.read(body, isBeta);
      const script = scriptOf(asked);
      asked.admit?.(script);
      return { asked, script };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const asked = readLoosely(body);
      const script = scriptOf(asked);
      error.script = script;
      if (!script.lenient) throw error;
      return { asked, script };
    }
  }

  #make(dialect: Dialect, body: Buffer, isBeta: boolean): Prepared {
    try {
      const { asked, script } = this.#read(dialect, parseJson(body), isBeta);
      const id = createHash('sha256').update(body).digest('hex').slice(0, ID_LENGTH);
      const answer = compose(asked, script, id);
      return { asked, script, good: deliver(dialect, answer), bad: misdeliver(dialect, answer) };
    } catch (error) {
      throw error instanceof Refusal ? error : new Refusal(400, (error as Error).message);
    }
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new Refusal(400, 'We could not parse the JSON body of your request.');
  }
}
