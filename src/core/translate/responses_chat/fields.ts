import { dropped, type Fields, type FieldTable, kept, refused, translated } from '../fields.ts';

const SEND_ALL = 'nothing is stored between two requests: send the items themselves in input';
const NO_FILES = 'no files are stored; send the data';
const ONE_RESOLUTION_LESS = '`original` becomes `high`.';
const OWN = 'It is the gateway’s or another model’s own.';

/** https://platform.openai.com/docs/api-reference/responses/create */
export const REQUEST_FIELDS: Fields = {
  model: translated('The model that was routed to.'),
  instructions: translated('The first message, of role `system`.'),
  input: translated('`messages`: see `input[]`. A string is one message of the user.'),
  stream: translated('The same, with `stream_options.include_usage`.'),
  max_output_tokens: translated(
    '`max_completion_tokens` for OpenAI’s reasoning models, `max_tokens` for others.',
  ),
  temperature: kept('Left out for OpenAI’s reasoning models: they refuse it.'),
  top_p: kept('Left out for OpenAI’s reasoning models: they refuse it.'),
  user: kept(),
  safety_identifier: translated('`user`, if there is none.'),
  tools: translated('See `tools[]`.'),
  tool_choice: translated(
    '`auto`, `none`, `required` and a function or custom tool by name. `allowed_tools` leaves the other tools out.',
  ),
  parallel_tool_calls: translated('Goes on as `false`, and only with tools.'),
  text: translated('See `text`.'),
  reasoning: translated('See `reasoning`.'),
  metadata: translated('Stands in the answer, and does not go on.'),
  include: translated(
    '`message.output_text.logprobs` is refused; the others are dropped. Reasoning always comes with its `encrypted_content`.',
  ),
  top_logprobs: refused('log probabilities are not translated', 0),
  stream_options: dropped('No obfuscation is added.'),
  store: dropped('Nothing is stored, and the answer says so.'),
  prompt_cache_key: dropped('Upstreams cache by what prompts begin with, and most refuse the field.'),
  prompt_cache_retention: dropped('The upstream decides.'),
  prompt_cache_options: dropped('The upstream decides.'),
  service_tier: dropped('The operator decides.'),
  truncation: dropped('An input that does not fit is refused by the upstream.'),
  max_tool_calls: dropped('It bounds hosted tools only.'),
  context_management: dropped('An input that does not fit is refused by the upstream.'),
  background: refused('answers that are fetched later cannot be counted', false),
  previous_response_id: refused(SEND_ALL),
  conversation: refused(SEND_ALL),
  prompt: refused('no prompt templates are stored; send instructions and input'),
  moderation: refused('nothing is moderated here'),
};

export const TEXT_FIELDS: Fields = {
  format: translated('`response_format`: see `text.format`.'),
  verbosity: translated('`verbosity` for GPT-5 and later; dropped for others, which refuse it.'),
};

export const FORMAT_FIELDS: Fields = {
  type: translated('`text`, `json_object` and `json_schema`.'),
  name: kept('In `json_schema`.'),
  description: kept('In `json_schema`.'),
  schema: kept('In `json_schema`.'),
  strict: kept('In `json_schema`.'),
};

export const REASONING_FIELDS: Fields = {
  effort: translated(
    '`reasoning_effort`, the nearest that the model takes; `max` is `xhigh`. Models that are not known to take it are ' +
      'not sent it. Beside tools, GPT-5.4 and 5.5 are not sent it, and later ones get `none`: OpenAI refuses both ' +
      'together in chat completions.',
  ),
  summary: dropped('What the upstream tells of its reasoning comes as the summary.'),
  generate_summary: dropped('As `summary`.'),
  context: dropped('What is in the input is used.'),
  mode: dropped('There is no such setting.'),
};

/** The types of the items in `input`. */
export const ITEMS: Fields = {
  message: translated('A message of the same role; `developer` becomes `system`.'),
  function_call: translated(
    '`tool_calls` of the assistant’s message. Neighbours stand in the same one. One without an output gets a result that ' +
      'says so.',
  ),
  function_call_output: translated(
    'A message of role `tool`, right behind its call. One without a call is refused.',
  ),
  custom_tool_call: translated('As a call of the function that its tool has become.'),
  custom_tool_call_output: translated('As `function_call_output`.'),
  reasoning: translated(
    'Members of the assistant’s message that follows: `reasoning_content` or what else the upstream had, signatures ' +
      'included. Reasoning that this translation did not make is dropped, but for DeepSeek and Kimi, which refuse ' +
      'messages without any: they get its text, or a blank.',
  ),
  web_search_call: dropped('What the model made of it stands in its message.'),
  file_search_call: dropped('What the model made of it stands in its message.'),
  code_interpreter_call: dropped('What the model made of it stands in its message.'),
  image_generation_call: dropped('What the model made of it stands in its message.'),
  mcp_list_tools: dropped('It is of a hosted tool.'),
  mcp_call: dropped('What the model made of it stands in its message.'),
  tool_search_call: dropped('All tools are loaded.'),
  tool_search_output: dropped('All tools are loaded.'),
  item_reference: refused(SEND_ALL),
  compaction: refused('only OpenAI can read it'),
  compaction_trigger: refused('only OpenAI can do it'),
  additional_tools: refused('send them in tools'),
  mcp_approval_request: refused('hosted tools are not served'),
  mcp_approval_response: refused('hosted tools are not served'),
  computer_call: refused('computer use is not served'),
  computer_call_output: refused('computer use is not served'),
  local_shell_call: refused('use a function tool for the shell'),
  local_shell_call_output: refused('use a function tool for the shell'),
  shell_call: refused('use a function tool for the shell'),
  shell_call_output: refused('use a function tool for the shell'),
  apply_patch_call: refused('use a custom tool for patches'),
  apply_patch_call_output: refused('use a custom tool for patches'),
  program: refused('programs that call tools are not served'),
  program_output: refused('programs that call tools are not served'),
};

/** The fields of those items. */
export const ITEM_FIELDS: Fields = {
  type: translated('See the types. None: `message`.'),
  role: translated('Of a message: the same; `developer` becomes `system`.'),
  content: translated('Of a message: see `content[]`. Of reasoning: its text, if it has no summary.'),
  call_id: translated(
    '`id` of the call and `tool_call_id` of its output: a hash where the model takes no such id (OpenAI: 40 characters, ' +
      'Mistral: 9).',
  ),
  name: translated(
    'The function’s name, behind its namespace if there is one. One longer than 64 characters is shortened for the ' +
      'upstream, and is the long one in its calls again.',
  ),
  namespace: translated('Stands before the function’s name.'),
  arguments: translated('The same, of a `function_call`.'),
  input: translated('Of a `custom_tool_call`: an argument of that name.'),
  output: translated(
    'The text of the message. Images and files go into a message of the user behind the results.',
  ),
  summary: translated('The text of reasoning.'),
  encrypted_content: translated('What the upstream wants back with its reasoning.'),
  id: dropped(OWN),
  status: dropped(OWN),
  phase: dropped('There is no such thing.'),
  caller: dropped('All calls are the model’s own.'),
  created_by: dropped(OWN),
};

/** The types of the parts of a message’s `content` or a call’s `output`. */
export const PARTS: Fields = {
  input_text: translated('`text`.'),
  output_text: translated('`text`.'),
  text: translated('The same.'),
  refusal: translated('`text`.'),
  input_image: translated('`image_url`.'),
  input_file: translated('`file`.'),
  input_audio: translated('The same.'),
};

/** The fields of those parts. */
export const PART_FIELDS: Fields = {
  type: translated('See the types.'),
  text: translated('The same.'),
  refusal: translated('`text`.'),
  image_url: translated('`image_url.url`.'),
  detail: translated(`\`image_url.detail\`. ${ONE_RESOLUTION_LESS}`),
  file_data: translated('`file.file_data`.'),
  filename: translated('`file.filename`.'),
  input_audio: translated('The same.'),
  file_url: refused('files are not fetched; send the data'),
  file_id: refused(NO_FILES),
  annotations: dropped('They are of an answer.'),
  logprobs: dropped('They are of an answer.'),
  prompt_cache_breakpoint: dropped('Upstreams cache by what prompts begin with.'),
};

/** The types of tools. */
export const TOOLS: Fields = {
  function: translated('The same, with its fields in `function`.'),
  custom: translated('A function with one text, `input`. Its calls come back as `custom_tool_call`.'),
  namespace: translated('Its tools, with the namespace before their names.'),
  web_search: dropped('Codex offers it unasked. Refused if `tool_choice` demands it.'),
  web_search_2025_08_26: dropped('As `web_search`.'),
  web_search_preview: dropped('As `web_search`.'),
  web_search_preview_2025_03_11: dropped('As `web_search`.'),
  image_generation: dropped('As `web_search`.'),
  tool_search: dropped('All tools are loaded.'),
  file_search: refused('it has no stored files'),
  code_interpreter: refused('it runs no code'),
  mcp: refused('it reaches no MCP servers; connect the client to them'),
  computer: refused('it uses no computer'),
  computer_use_preview: refused('it uses no computer'),
  local_shell: refused('use a function tool for the shell'),
  shell: refused('use a function tool for the shell'),
  apply_patch: refused('use a custom tool for patches'),
  programmatic_tool_calling: refused('it runs no programs'),
};

/** The fields of function and custom tools. */
export const TOOL_FIELDS: Fields = {
  type: translated('See the types.'),
  name: translated('The same, behind the namespace if there is one.'),
  tools: translated('Of a namespace: see the type.'),
  description: kept('In `function`.'),
  parameters: kept('In `function`.'),
  strict: kept('In `function`.'),
  format: translated('Of a custom tool: a grammar is told in the description, and not enforced.'),
  output_schema: dropped('There is no such thing.'),
  allowed_callers: dropped('All calls are the model’s own.'),
  defer_loading: dropped('All tools are loaded.'),
};

export const TABLES: readonly FieldTable[] = [
  { of: 'request', fields: REQUEST_FIELDS },
  { of: 'text', fields: TEXT_FIELDS },
  { of: 'text.format', fields: FORMAT_FIELDS },
  { of: 'reasoning', fields: REASONING_FIELDS },
  { of: 'types of input[]', fields: ITEMS },
  { of: 'input[]', fields: ITEM_FIELDS },
  { of: 'types of content[]', fields: PARTS },
  { of: 'content[]', fields: PART_FIELDS },
  { of: 'types of tools[]', fields: TOOLS },
  { of: 'tools[]', fields: TOOL_FIELDS },
];
