// The simulator as a program: `node .build/sim/main.js --dialect openai --port 9001 --script '{"chunks":100}'`.
// Its first line on standard output is `{"url":"http://…"}`. SIGTERM and SIGINT end it.
import { parseArgs } from 'node:util';
import { type Script, scriptSchema } from './script.ts';
import { type SimulatorOptions, startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    dialect: { type: 'string', default: 'both' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    script: { type: 'string', default: '{}' },
    entries: { type: 'string', default: '1000' },
    models: { type: 'string', default: 'simulated' },
    without: { type: 'string' },
    key: { type: 'string' },
  },
});

const script: Script = scriptSchema.parse(JSON.parse(values.script));
const simulator = await startSimulator({
  dialect: values.dialect as NonNullable<SimulatorOptions['dialect']>,
  host: values.host,
  port: Number(values.port),
  script,
  entriesMax: Number(values.entries),
  models: values.models.split(','),
  ...(values.key !== undefined && { key: values.key }),
  ...(values.without !== undefined && { without: values.without.split(',') }),
});
console.log(JSON.stringify({ url: simulator.url }));

const stop = (): void => void simulator.close();
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
