import { dropped, type Fields, type FieldTable, kept, refused, translated } from '../fields.ts';

const NO_AUDIO = 'it neither hears nor speaks';
const USE_TOOLS = 'use `tools`, `tool_choice` and `tool_calls`';
const ECHOED = 'clients send answers back whole';

/** https://platform.openai.com/docs/api-reference/chat/create, and what clients add to it. */
export const REQUEST_FIELDS: Fields = {
  model: translated('The model that was routed to.'),
  messages: translated(
    'See `messages[]`. What stands before the first turn of a user or assistant and is a system or developer message ' +
      'becomes `system`. Neighbours of the same role become one message. Claude 4.6 and later do not go on with a last ' +
      'message of the assistant: one of the user behind it asks them to.',
  ),
  input: translated(
    'Items of the Responses API, or a string, which some clients send instead of `messages` or beside it. They go ' +
      'behind `messages`, unless those already end with them.',
  ),
  instructions: translated('The first block of `system`.'),
  system: translated('As a system message that comes first.'),
  max_completion_tokens: translated('`max_tokens`. Without any limit: the setting `MAX_TOKENS_DEFAULT`.'),
  max_tokens: translated('`max_tokens`, unless `max_completion_tokens` is there.'),
  max_output_tokens: translated('`max_tokens`, unless one of the other limits is there.'),
  temperature: translated(
    'At most 1, which is Anthropic’s maximum. Left out while the model thinks, and for Claude 4.7 and later, which ' +
      'refuse it.',
  ),
  top_p: kept(
    'Left out beside `temperature`, because newer models take only one of them, below 0.95 while the model thinks, and ' +
      'for Claude 4.7 and later.',
  ),
  top_k: kept('Left out while the model thinks, and for Claude 4.7 and later.'),
  stop: translated('`stop_sequences`, without those that hold only white space.'),
  stream: kept(),
  stream_options: translated('`include_usage` decides whether the usage is sent in a chunk of its own.'),
  tools: translated('See `tools[]`.'),
  tool_choice: translated(
    '`none` and `auto` are the same, `required` is `any`, a name is `tool`; `allowed_tools` leaves the others out of ' +
      '`tools`. Dropped without `tools`.',
  ),
  parallel_tool_calls: translated('`false` is `tool_choice.disable_parallel_tool_use`.'),
  reasoning_effort: translated(
    '`thinking.budget_tokens`: minimal 1024, low 2048, medium 8192, high 16384, xhigh and max 24576, but at least ' +
      '1024 tokens of `max_tokens` are left for the answer. `none`, or no room: no thinking. Claude 4.6 and later: ' +
      '`output_config.effort` and adaptive thinking whose text is told; `minimal` is `low`, and where the model has no ' +
      '`xhigh` it is `high`. `none` is `low` for models that always think.',
  ),
  reasoning: translated(
    'As OpenRouter has it: `effort` as above, `max_tokens` is the budget (Claude 4.6 and later: the effort that is ' +
      'worth as much), `enabled` alone is medium.',
  ),
  thinking: translated(
    'Anthropic’s own, which comes before the other two. A budget becomes adaptive thinking for Claude 4.6 and later, and ' +
      'adaptive thinking a budget for those before. The model does not think when a tool is forced; nor, if it goes by ' +
      'a budget, when the last message is the assistant’s, or when the turn that called the last tools came back ' +
      'without its signed thinking.',
  ),
  output_config: translated(
    'Anthropic’s own. `effort`: the most that the model takes and that is not above it; left out for those that take ' +
      'none. `format` stands in for `response_format`.',
  ),
  response_format: translated(
    '`json_schema` is `output_config.format`. Objects in it have `additionalProperties: false`, `oneOf` is `anyOf`, and ' +
      'what Anthropic does not enforce (`minimum`, `maxLength`, `pattern`, …) stands in descriptions, as with ' +
      'Anthropic’s own SDKs. `json_object`, or no schema: a line at the end of `system`.',
  ),
  user: translated('`metadata.user_id`.'),
  safety_identifier: translated('`metadata.user_id`, before `user`.'),
  service_tier: translated('`default` and `flex` are `standard_only`, the others `auto`.'),
  cache_control: kept('Not OpenAI’s, but some clients send it.'),
  n: refused('it gives one answer to a request', 1),
  logprobs: refused('it does not tell probabilities', false),
  top_logprobs: refused('it does not tell probabilities', 0),
  audio: refused(NO_AUDIO),
  modalities: refused(NO_AUDIO, ['text']),
  functions: refused(USE_TOOLS, []),
  function_call: refused(USE_TOOLS, 'auto', 'none'),
  web_search_options: refused('it does not search the web through this API'),
  previous_response_id: refused('no conversations are stored; send all of it'),
  seed: dropped('Sampling cannot be seeded.'),
  frequency_penalty: dropped('There are no penalties.'),
  presence_penalty: dropped('There are no penalties.'),
  logit_bias: dropped('There is no bias.'),
  prediction: dropped('It would only be faster.'),
  store: dropped('Nothing is stored.'),
  metadata: dropped('It belongs to stored answers; Anthropic’s `metadata` is something else.'),
  prompt_cache_key: dropped('Caching goes by `cache_control`.'),
  prompt_cache_retention: dropped('Caching goes by `cache_control`.'),
  prompt_cache_options: dropped('Caching goes by `cache_control`.'),
  verbosity: dropped('There is no such setting.'),
  moderation: dropped('There is no such setting.'),
};

/** Messages, and the items of the Responses API that some clients put among them. */
export const MESSAGE_FIELDS: Fields = {
  role: translated(
    '`user` and `assistant` are the same. `system` and `developer` become `system` at the beginning, and later a text ' +
      'of the user in `<system>` tags. `tool` becomes a `tool_result` block. `function` is refused.',
  ),
  type: translated('`message`, `function_call`, `function_call_output`; `reasoning` is dropped.'),
  content: translated('Blocks: see `content[]`. Texts of white space only are left out.'),
  tool_calls: translated(
    '`tool_use` blocks. Arguments that are not a JSON object, or one nested more than 128 deep, become `{"arguments": …}`, and none at all `{}`. A call ' +
      'that was never answered gets a result that says so.',
  ),
  tool_call_id: translated(
    '`tool_use_id`. Results stand in the one message behind their calls, wherever the client has them; of two results ' +
      'the last one counts. One without a call is refused. Ids are spelled and told apart as Anthropic wants it.',
  ),
  call_id: translated('As `tool_call_id`, of the items `function_call` and `function_call_output`.'),
  arguments: translated('As in `tool_calls`, of a `function_call`.'),
  output: translated('The content of a `function_call_output`.'),
  is_error: kept('Not OpenAI’s, but some clients send it with the result of a tool.'),
  refusal: translated('A text block.'),
  reasoning_details: translated(
    'The signed `thinking` and the `redacted_thinking` blocks that they were made of, before all else in their turn.',
  ),
  cache_control: translated('Goes to the last block of the message.'),
  reasoning_content: dropped('Without its signature no thinking is taken back.'),
  reasoning: dropped('Without its signature no thinking is taken back.'),
  name: translated('Of a `function_call`. The name of a participant is dropped.'),
  function_call: refused(USE_TOOLS),
  audio: refused(NO_AUDIO),
  annotations: dropped(ECHOED),
  id: dropped(ECHOED),
  status: dropped(ECHOED),
};

/** Parts of chat completions and of the Responses API, and Anthropic’s own blocks, which some clients mix in. */
export const CONTENT_FIELDS: Fields = {
  type: translated(
    '`text`, `input_text`, `output_text` and `refusal` become `text`; `image_url` and `input_image` `image`; `file` ' +
      'and `input_file` `document`. `text`, `image`, `document`, `tool_use`, `tool_result`, `thinking` and ' +
      '`redacted_thinking` are the same. Others are refused.',
  ),
  text: kept(),
  refusal: translated('`text`.'),
  image_url: translated('`source`: data of a JPEG, PNG, GIF or WebP, or a URL. `detail` is dropped.'),
  file: translated('`source`: data of a PDF, and `title`.'),
  file_data: translated('As in `file`.'),
  file_url: translated('`source`: a URL.'),
  filename: translated('`title`.'),
  file_id: refused('no files are stored; send the data'),
  input_audio: refused(NO_AUDIO),
  cache_control: kept('Not OpenAI’s, but some clients send it.'),
  source: kept('Of Anthropic’s `image` and `document`.'),
  title: kept('Of Anthropic’s `document`.'),
  context: kept('Of Anthropic’s `document`.'),
  id: translated('Of Anthropic’s `tool_use`: as `tool_call_id`.'),
  name: kept('Of Anthropic’s `tool_use`.'),
  input: kept('Of Anthropic’s `tool_use`.'),
  tool_use_id: translated('As `tool_call_id`.'),
  content: translated('Of Anthropic’s `tool_result`: as in a message of role `tool`.'),
  is_error: kept('Of Anthropic’s `tool_result`.'),
  thinking: kept('Only with its signature.'),
  signature: kept(),
  data: kept('Of Anthropic’s `redacted_thinking`.'),
  detail: dropped('There is one resolution.'),
  prompt_cache_breakpoint: dropped('Caching goes by `cache_control`.'),
  annotations: dropped(ECHOED),
  citations: dropped('The answer has no place for them.'),
  logprobs: dropped(ECHOED),
};

/** Tools as chat completions, the Responses API and Anthropic write them. Those in `function` are lifted out of it. */
export const TOOL_FIELDS: Fields = {
  type: translated('`function`, or Anthropic’s `custom`. Others are refused.'),
  function: translated('Its fields stand on their own.'),
  name: kept(),
  description: kept(),
  parameters: translated('`input_schema`. None: an object without properties.'),
  input_schema: translated('The same.'),
  strict: kept('If true, the schema is made as in `response_format`.'),
  cache_control: kept('Not OpenAI’s, but some clients send it.'),
  custom: refused('use tools of the type `function`'),
  format: refused('use tools of the type `function`'),
  defer_loading: dropped('All tools are loaded.'),
};

export const TABLES: readonly FieldTable[] = [
  { of: 'request', fields: REQUEST_FIELDS },
  { of: 'messages[]', fields: MESSAGE_FIELDS },
  { of: 'content[]', fields: CONTENT_FIELDS },
  { of: 'tools[]', fields: TOOL_FIELDS },
];
