// Whose tokenizer a model has, by the many ways in which its name is written.
import t from 'tap';
import { familyOf } from '../../../../src/core/tokenizer/family.ts';

for (const [tokensPerToken, models] of [
  [1, ['gpt-5-mini', 'gemini-3-flash', 'o3', 'grok-4', '']],
  [
    1.15,
    [
      'claude-sonnet-4-5-thinking',
      'claude-sonnet-4.5',
      'claude-opus-4-6-thinking',
      'claude-sonnet-4-20250514',
      'claude-haiku-4-5-20251001',
      'claude-3-7-sonnet-latest',
      'claude-3-opus-20240229',
      'anthropic/claude-opus-4.6',
      'claude',
    ],
  ],
  [
    1.44,
    [
      'claude-opus-4-7',
      'claude-opus-4.8',
      'claude-sonnet-5',
      'claude-fable-5-1',
      'Claude-Opus-5-20260801',
      'claude-opus-10',
    ],
  ],
] as const) {
  for (const model of models) t.equal(familyOf(model).tokensPerToken, tokensPerToken, model);
}
