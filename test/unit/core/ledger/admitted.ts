// The rows of one exchange: what is booked if the process dies now, and what is booked when it has ended.
import t from 'tap';
import { countTokens, messages } from '../../../../src/core/dialects/anthropic.ts';
import { Admitted } from '../../../../src/core/ledger/admitted.ts';
import { COLUMNS, describeRow } from '../../../../src/core/ledger/row.ts';
import { UNCOUNTED } from '../../../../src/core/meter/account.ts';
import type { CountBasis, Plan, Target, User } from '../../../../src/core/types.ts';
import { exchangeInMemory } from '../../../fixtures/exchange.ts';

const EPOCH = 3;
const target = {
  item: { quotaId: 31, model: 'claude-sonnet-4.5', upstream: 'ghcp', weight: 1 },
  request: { model: 'auto', stream: true },
} as Target;

function begin(countBasis: CountBasis = 'reported') {
  const { exchange } = exchangeInMemory({ api: messages });
  const plan: Plan = { subId: 21, name: 'p', items: [], countBasis, drainMs: 0 };
  exchange.plan = plan;
  exchange.body = Buffer.alloc(1_234);
  exchange.promptEstimate = 300;
  const admitted = new Admitted(exchange, { userId: 11 } as User, plan, target, EPOCH);
  return {
    exchange,
    admitted,
    crash: (ms: number) => describeRow(admitted.crashRow(exchange, exchange.startedAt + ms)),
  };
}

t.test('says who asked for what', async (t) => {
  const { admitted, crash, exchange } = begin();
  t.match(crash(0), {
    request_id: 'id',
    client_request_id: 'request-id',
    quota_item_id: '31',
    user_id: '11',
    sub_id: '21',
    timestamp: '0',
    dialect: 'anthropic',
    api: 'messages',
    streamed: 'true',
    requested_model: 'auto',
    routed_model: 'claude-sonnet-4.5',
    upstream: 'ghcp',
    prompt_bytes: '1234',
  });
  t.same(
    Object.keys(crash(0)),
    COLUMNS.map(([name]) => name),
  );
  t.match(admitted, { epoch: EPOCH, writtenAt: exchange.startedAt, textBytes: 0 });
});

t.test('a process that dies before the answer: the prompt is estimated', async (t) => {
  const { crash } = begin();
  t.match(crash(5), {
    outcome: 'crashed',
    status: '0',
    token_count: '300',
    input_tokens: '300',
    output_tokens: '0',
    count_source: 'observed',
    reported_input_tokens: null,
    delivered_output_tokens: '0',
    first_byte_ms: null,
    duration_ms: '5',
  });
});

t.test('an API that costs nothing when it ends costs nothing when the process dies', async (t) => {
  const { exchange } = exchangeInMemory({ api: countTokens });
  const plan: Plan = { subId: 21, name: 'p', items: [], countBasis: 'reported', drainMs: 0 };
  Object.assign(exchange, { plan, promptEstimate: 100_000, attempts: 1 });
  const admitted = new Admitted(exchange, { userId: 11 } as User, plan, target, EPOCH);
  t.match(describeRow(admitted.crashRow(exchange, exchange.startedAt)), {
    outcome: 'crashed',
    token_count: '0',
    count_source: 'none',
    observed_input_tokens: '0',
  });
});

t.test('and in mid-stream: what the upstream has told, and the text so far by its length', async (t) => {
  for (const [basis, source, input, output] of [
    ['reported', 'observed', '250', '100'],
    ['observed', 'observed', '300', '100'],
    ['delivered', 'delivered', '250', '75'],
  ] as const) {
    const { exchange, crash } = begin(basis);
    Object.assign(exchange.reported, { input: 250, output: 1 });
    exchange.textBytes = 400;
    exchange.deliveredTextBytes = 300;
    exchange.status = 200;
    exchange.firstByteAt = exchange.startedAt + 2;
    exchange.attempts = 1;
    t.match(crash(5), {
      outcome: 'crashed',
      status: '200',
      count_source: source,
      input_tokens: input,
      output_tokens: output,
      reported_input_tokens: '250',
      reported_output_tokens: null,
      observed_input_tokens: '300',
      observed_output_tokens: '100',
      delivered_output_tokens: '75',
      attempts: '1',
      first_byte_ms: '2',
    });
  }
});

t.test('of an exchange that has ended, its account', async (t) => {
  const { exchange, admitted, crash } = begin();
  exchange.status = 200;
  exchange.account = {
    countSource: 'reported',
    tokens: { input: 7, output: 5, cacheRead: 4, cacheWrite: 2, reasoning: 1 },
    counts: {
      ...UNCOUNTED.counts,
      reportedInput: 7,
      reportedOutput: 5,
      observedOutput: 6,
      deliveredOutput: 5,
    },
  };
  const admission = Object.entries(crash(0)).slice(0, 13);
  exchange.settle('completed');
  const row = describeRow(admitted.row(exchange));
  t.match(row, {
    outcome: 'completed',
    status: '200',
    token_count: '12',
    input_tokens: '7',
    output_tokens: '5',
    cache_read_tokens: '4',
    cache_write_tokens: '2',
    reasoning_tokens: '1',
    count_source: 'reported',
    observed_output_tokens: '6',
  });
  t.same(Object.entries(row).slice(0, 13), admission, 'the admission is the same in every row');
});

t.test('an id that the client did not choose is not written twice', async (t) => {
  const { exchange } = begin();
  Object.assign(exchange, { requestId: exchange.id });
  const admitted = new Admitted(exchange, { userId: 1 } as User, exchange.plan!, target, EPOCH);
  t.equal(describeRow(admitted.crashRow(exchange, 0)).client_request_id, null);
});
