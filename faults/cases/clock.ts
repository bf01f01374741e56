// The machine's clock is stepped, under the feet of a gateway that serves.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { preload } from '../preload/preload.ts';
import type { Rig } from '../rig.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 1_500;

const fileOf = (rig: Rig): string => join(rig.folder, 'clock');

export const CLOCK_CASES: readonly Case[] = [
  {
    name: 'clock-step',
    fault: 'clock stepped by an hour, forth, back, and back again',
    expected: 'nothing is cut; one row for each',
    prepare(rig) {
      writeFileSync(fileOf(rig), '0');
      return { NODE_OPTIONS: preload('clock'), FAULTS_CLOCK: fileOf(rig) };
    },
    async act({ rig }) {
      for (const aheadMs of [HOUR_MS, 0, -HOUR_MS]) {
        writeFileSync(fileOf(rig), String(aheadMs));
        await pause(STEP_MS);
      }
    },
  },
];
