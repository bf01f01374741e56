// What probes, balancers and Prometheus are told.
import t from 'tap';
import { type OperatorServices, operatorRoutes } from '../../src/operator.ts';
import { exchangeInMemory } from '../fixtures/exchange.ts';

async function get(path: string, services: Partial<OperatorServices> = {}) {
  const routes = operatorRoutes({
    obstacles: () => [],
    scrape: async () => [Buffer.from('metrics '), Buffer.from('1\n')],
    version: '1.2.3',
    onDone: undefined,
    ...services,
  });
  const handler = routes.find((route) => route.path === path)!.handlers.GET!;
  const { exchange, client } = exchangeInMemory({ handler, route: path });
  handler.onHead(exchange);
  await new Promise(setImmediate);
  return client;
}

t.test('a live process says so on all four addresses', async (t) => {
  for (const path of ['/', '/livez', '/readyz', '/health']) {
    const { status, headers } = await get(path);
    t.equal(status, 200, path);
    t.ok(headers.includes('no-store'), path);
  }
  t.match(JSON.parse((await get('/health')).text), { status: 'healthy', version: '1.2.3' });
});

t.test('readyz gives the reasons why not', async (t) => {
  const client = await get('/readyz', { obstacles: () => ['stopping'] });
  t.equal(client.status, 503);
  t.same(JSON.parse(client.text), { status: 'unavailable', reasons: ['stopping'] });
  t.equal((await get('/livez', { obstacles: () => ['stopping'] })).status, 200, 'still alive');
});

t.test('metrics are text', async (t) => {
  const client = await get('/metrics');
  t.equal(client.text, 'metrics 1\n');
  t.ok(client.headers.includes('text/plain; version=0.0.4; charset=utf-8'));
});

t.test('metrics that cannot be had in time are a 503', async (t) => {
  t.equal((await get('/metrics', { scrape: async () => undefined })).status, 503);
});
