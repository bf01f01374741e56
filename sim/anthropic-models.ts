import type { CountRequest, MessagesRequest } from './anthropic-request.ts';
import { Refusal } from './dialect.ts';

/*
 * What a model refuses differs from one generation of Claude to the next. A name that tells no version is as lenient as
 * the bridges that serve the models of others. https://platform.claude.com/docs/en/about-claude/models/migration-guide
 */

interface Generation {
  readonly budgets: boolean;
  readonly adaptive: boolean;
  readonly disabled: boolean;
  readonly efforts: readonly string[];
  readonly sampling: boolean;
  readonly prefill: boolean;
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
const without = (...efforts: readonly string[]) => EFFORTS.filter((effort) => !efforts.includes(effort));
const ANY: Generation = {
  ...{ budgets: true, adaptive: true, disabled: true },
  ...{ efforts: EFFORTS, sampling: true, prefill: true },
};

export function generationOf(model: string): Generation {
  const [, kind, major, minor = '0'] =
    /claude-(opus|sonnet|haiku|fable|mythos)-(\d)(?:[.-](\d{1,2}))?(?!\d)/.exec(model) ?? [];
  if (kind === undefined) return ANY;
  const version = Number(major) + Number(minor) / 100;
  const always = kind === 'fable' || kind === 'mythos' || (version >= 5.05 && kind !== 'haiku');
  if (version >= 4.07) {
    return { ...ANY, budgets: false, disabled: !always, sampling: false, prefill: false };
  }
  if (version >= 4.06) return { ...ANY, efforts: without('xhigh'), prefill: false };
  const efforts = version >= 4.05 && kind === 'opus' ? without('xhigh', 'max') : [];
  return { ...ANY, adaptive: false, efforts };
}

function refuse(message: string): never {
  throw new Refusal(400, message);
}

/** @throws {Refusal} */
export function judgeGeneration(request: MessagesRequest): void {
  const { sampling } = generationOf(request.model);
  for (const name of ['temperature', 'top_p', 'top_k'] as const) {
    if (!sampling && request[name] !== undefined) refuse(`\`${name}\` is deprecated for this model.`);
  }
  judgeThought(request);
}

function judgeThought({ model, thinking, output_config }: CountRequest): void {
  const { budgets, adaptive, disabled, efforts } = generationOf(model);
  if (thinking?.type === 'enabled' && !budgets) {
    refuse(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    );
  }
  if (thinking?.type === 'adaptive' && !adaptive) {
    refuse('adaptive thinking is not supported on this model');
  }
  if (thinking?.type === 'disabled' && !disabled) {
    refuse('"thinking.type.disabled" is not supported for this model.');
  }
  const effort = output_config?.effort;
  if (effort == null || efforts.includes(effort)) return;
  refuse(
    efforts.length === 0
      ? 'This model does not support the effort parameter.'
      : `This model does not support effort level '${effort}'. Supported levels: ${efforts.join(', ')}.`,
  );
}
