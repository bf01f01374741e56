import { invalidField } from '../../errors.ts';
import { readObject } from '../read.ts';
import { isStrict } from '../strict.ts';
import type { JsonObject } from '../translation.ts';

/**
 * `response_format` for `output_config.format`, or for `output_format`, as it was called in the beta.
 * @throws ProxyError `invalid_field`
 */
export function responseFormat(request: JsonObject): JsonObject {
  const config = (request.output_config ?? undefined) && readObject(request.output_config, 'output_config');
  const now = config?.format ?? undefined;
  const path = now === undefined ? 'output_format' : 'output_config.format';
  const value = now ?? request.output_format ?? undefined;
  if (value === undefined) return {};
  const format = readObject(value, path);
  if (format.type !== 'json_schema') throw invalidField(`${path}.type`, 'must be "json_schema"');
  const schema = readObject(format.schema, `${path}.schema`);
  const json_schema = { name: 'output', schema, strict: isStrict(schema) };
  return { response_format: { type: 'json_schema', json_schema } };
}
