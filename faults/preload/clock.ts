// Loaded into every process of a gateway: its calendar clock is ahead by as many milliseconds as the file that
// FAULTS_CLOCK names holds. The monotonic clock stays right, as it does when an operator or NTP steps the other.
import { readFileSync } from 'node:fs';

const POLL_INTERVAL_MS = 20;

const Real = Date;
const file = process.env.FAULTS_CLOCK ?? '';
let aheadMs = 0;

class Stepped extends Real {
  constructor(...values: readonly unknown[]) {
    super(...((values.length === 0 ? [Stepped.now()] : values) as [number]));
  }
  static override now(): number {
    return Real.now() + aheadMs;
  }
}

globalThis.Date = Stepped as DateConstructor;
setInterval(() => {
  try {
    aheadMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // It is being written.
  }
}, POLL_INTERVAL_MS).unref();
