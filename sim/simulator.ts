import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Answers, type Prepared } from './answers.ts';
import { anthropic } from './anthropic.ts';
import { Books } from './books.ts';
import { countTokens } from './count-tokens.ts';
import { type Dialect, type DialectName, Refusal } from './dialect.ts';
import { embeddings } from './embeddings.ts';
import { Entry, type State } from './entry.ts';
import { openai } from './openai.ts';
import { responses } from './responses.ts';
import type { Script } from './script.ts';
import { Sender } from './sender.ts';

export interface SimulatorOptions {
  /** Default `both`: each on its own path. */
  readonly dialect?: DialectName | 'both';
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** What holds where the script of a request says nothing. */
  readonly script?: Script;
  /** Requests must carry it, as `Authorization: Bearer …` or `x-api-key`; default: whatever they carry is fine. */
  readonly key?: string;
  /** Paths such as `/v1/responses` that this upstream does not have: 404, as servers answer unknown paths. */
  readonly without?: readonly string[];
  /** What `GET /v1/models` lists. */
  readonly models?: readonly string[];
  /** How many requests the books keep; default 1000. Their totals are of all requests. */
  readonly entriesMax?: number;
  /** How long an idle connection is kept; default 65,000. */
  readonly keepAliveMs?: number;
}

const ENTRIES_MAX = 1_000;
const KEEP_ALIVE_MS = 65_000;
const BODY_BYTES_MAX = 134_217_728;
const BACKLOG = 1_024;
const JSON_HEADERS = ['content-type', 'application/json'];

/**
 * An upstream that answers as it is told; see `Script`. Under any base path it serves, by POST, OpenAI's
 * `/v1/chat/completions`, `/v1/responses` and `/v1/embeddings` and Anthropic's `/v1/messages` and
 * `/v1/messages/count_tokens`, and `GET /v1/models`; its books under `/sim/books` (GET, and DELETE to forget).
 * Requests that the real API would refuse are refused.
 */
export class Simulator {
  readonly books: Books;
  readonly #options: SimulatorOptions;
  readonly #dialects: readonly Dialect[];
  readonly #answers: Answers;
  readonly #server: Server;
  #port = 0;
  #requests = 0;
  #open = 0;

  /** Use `startSimulator`. */
  constructor(options: SimulatorOptions) {
    const { dialect = 'both', script = {}, entriesMax = ENTRIES_MAX, keepAliveMs = KEEP_ALIVE_MS } = options;
    this.#options = options;
    this.#dialects = [openai, responses, embeddings, anthropic, countTokens].filter(
      ({ name }) => dialect === 'both' || dialect === name,
    );
    this.#answers = new Answers(script);
    this.books = new Books(entriesMax);
    this.#server = createServer({ noDelay: true, keepAliveTimeout: keepAliveMs }, (request, response) =>
      this.#receive(request, response),
    );
  }

  get port(): number {
    return this.#port;
  }

  /** Without a path. */
  get url(): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.#port}`;
  }

  /** Model requests that have not ended. */
  get openRequests(): number {
    return this.#open;
  }

  /** See `Books.until`. */
  until(state: State, script?: string): Promise<Entry> {
    return this.books.until(state, script);
  }

  /** Opens the port, at start and again after `refuse`; the port stays the same. */
  async accept(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port: this.#port || port, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Closes the port and all idle connections: who connects now is refused. Open answers go on. */
  refuse(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Breaks what is open. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.books.stop();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= BODY_BYTES_MAX) parts.push(part);
    });
    // A connection that breaks in mid-request is the other side's affair.
    request.on('error', () => {});
    request.on('end', () => {
      const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      this.#answer(request, response, body, bytes);
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer, bytes: number): void {
    const { method = '', url = '', rawHeaders } = request;
    const entry = new Entry(++this.#requests, method, url, rawHeaders, body);
    if (entry.path === '/sim/books') this.#showBooks(method, response);
    else if (entry.path.endsWith('/v1/models') && method === 'GET') this.#showModels(response);
    else this.#converse(entry, bytes > BODY_BYTES_MAX, response);
  }

  #converse(entry: Entry, tooLarge: boolean, response: ServerResponse): void {
    const dialect = this.#dialects.find(({ path }) => entry.path.endsWith(path));
    const prepared = tooLarge ? new Refusal(413, 'Too large.') : this.#prepare(dialect, entry);
    this.#open++;
    response.on('close', () => this.#open--);
    const sender = new Sender(response, entry, this.books);
    this.books.open(entry);
    if (prepared instanceof Refusal) {
      const { status, message, details } = prepared;
      const own = details.body ?? undefined;
      const body = (dialect ?? this.#dialects[0]!).errorBody(status, message, details);
      sender.refuse(status, own === undefined ? body : JSON.stringify(own));
    } else {
      sender.send(this.#answers.choose(prepared));
    }
  }

  #prepare(dialect: Dialect | undefined, entry: Entry): Prepared | Refusal {
    try {
      if (dialect === undefined || this.#options.without?.some((path) => entry.path.endsWith(path))) {
        throw new Refusal(404, 'There is nothing at this path.', { body: { detail: 'Not Found' } });
      }
      entry.dialect = dialect.name;
      this.#check(dialect, entry);
      const prepared = this.#answers.prepare(
        dialect,
        entry.body,
        entry.header('anthropic-beta') !== undefined,
      );
      entry.model = prepared.asked.model;
      entry.stream = prepared.asked.stream;
      entry.script = prepared.script;
      return prepared;
    } catch (error) {
      if (!(error instanceof Refusal)) return new Refusal(500, String(error));
      entry.script = error.script;
      return error;
    }
  }

  /** @throws {Refusal} what every request to this dialect has to bring along */
  #check(dialect: Dialect, entry: Entry): void {
    if (entry.method !== 'POST') throw new Refusal(405, `Not allowed: ${entry.method}`);
    const { key } = this.#options;
    if (key !== undefined && entry.authorization !== `Bearer ${key}` && entry.header('x-api-key') !== key) {
      throw new Refusal(401, 'Incorrect API key provided.');
    }
    if (!entry.header('content-type')?.startsWith('application/json')) {
      throw new Refusal(400, 'content-type: must be application/json');
    }
    const missing = dialect.requiredHeaders.find((name) => entry.header(name) === undefined);
    if (missing !== undefined) throw new Refusal(400, `${missing}: header is required`);
  }

  #showModels(response: ServerResponse): void {
    response.writeHead(200, JSON_HEADERS);
    response.end(this.#dialects[0]!.models(this.#options.models ?? ['simulated']));
  }

  #showBooks(method: string, response: ServerResponse): void {
    if (method === 'DELETE') {
      this.books.reset();
      this.#answers.reset();
      response.writeHead(204);
      response.end();
      return;
    }
    const { totals, entries } = this.books;
    response.writeHead(200, JSON_HEADERS);
    response.end(JSON.stringify({ openRequests: this.#open, totals, entries }));
  }
}

/** @throws when the port is taken */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new Simulator(options);
  await simulator.accept();
  return simulator;
}
