import { dropped, type Fields, type FieldTable, kept, refused, translated } from '../fields.ts';

/** https://docs.anthropic.com/en/api/messages */
export const REQUEST: Fields = {
  model: translated('The routed model.'),
  max_tokens: translated(
    '`max_completion_tokens` for models of OpenAI that reason (o1, o3, o4, gpt-5 and later), `max_tokens` for all others.',
  ),
  messages: translated(
    '`messages`, see below. Models of OpenAI do not go on with a last message of the assistant, they answer it.',
  ),
  system: translated(
    'The first message, of role `system`: one text, a blank line between blocks. The line that Claude Code puts first ' +
      '(`x-anthropic-billing-header: …`) is left out: it is another one in each request, and nothing behind it could ' +
      'be cached.',
  ),
  stream: kept('With `stream_options.include_usage`.'),
  stop_sequences: kept(
    'At most 4. Which one was met is not told: `stop_reason` is `end_turn` then. Left out for o3, o4-mini, GPT-5 and ' +
      'later: they refuse it.',
    'stop',
  ),
  temperature: kept('Left out for models of OpenAI that reason: they refuse it.'),
  top_p: kept('Left out for models of OpenAI that reason: they refuse it.'),
  top_k: dropped('OpenAI has no such setting.'),
  tools: translated('`tools`, each a function.'),
  tool_choice: translated('`tool_choice` and `parallel_tool_calls`. Left out where there are no tools.'),
  thinking: translated(
    '`reasoning_effort`: `minimal` up to a budget of 1,024 tokens, `low` up to 2,048, `medium` up to 8,192, `high` up ' +
      'to 16,384, else `xhigh`; `none` for `disabled`; the model decides for `adaptive`. The nearest that the model ' +
      'takes; models that are not known to take it are not sent it. Beside tools, GPT-5.4 and 5.5 are not sent it, and ' +
      'later ones get `none`: OpenAI refuses both together in chat completions.',
  ),
  output_config: translated('See below.'),
  output_format: translated('As `output_config.format`, whose name it was in the beta.'),
  metadata: translated('See below.'),
  cache_control: dropped('OpenAI caches by itself.'),
  context_management: dropped('The whole conversation is sent.'),
  compaction: dropped('The whole conversation is sent.'),
  diagnostics: dropped('OpenAI tells nothing about its cache.'),
  service_tier: dropped("It is about Anthropic's own capacity."),
  speed: dropped('There is one speed.'),
  fallbacks: dropped('Plans decide which models may answer.'),
  fallback_credit_token: dropped("It is about Anthropic's bills."),
  billing_policy: dropped("It is about Anthropic's bills."),
  user_profile_id: dropped('It is known to Anthropic only.'),
  workspace_id: dropped('It is known to Anthropic only.'),
  betas: dropped('The official library sends it as a header.'),
  container: refused('it has no containers to run code in'),
  mcp_servers: refused('it does not connect to MCP servers', []),
  thread: refused('it keeps no threads. SDKs that begin one by themselves go on without'),
  inference_geo: refused('where it runs cannot be chosen', 'global'),
};

export const OUTPUT_CONFIG: Fields = {
  effort: translated('`reasoning_effort`, as `thinking`, and before it; `max` is `xhigh`.'),
  format: translated(
    '`response_format` of type `json_schema`; strict if the schema is as OpenAI wants it for that: each object names all ' +
      'its properties as required and forbids others.',
  ),
  task_budget: dropped('OpenAI has no such setting.'),
};

export const METADATA: Fields = {
  user_id: translated('`user`; its SHA-256 if it is longer than the 64 characters that OpenAI takes.'),
};

export const TOOL_CHOICE: Fields = {
  type: translated(
    '`auto` and `none` are the same, `any` is `required`, `tool` is the function of that name.',
  ),
  name: translated('With `type`.'),
  disable_parallel_tool_use: translated('`parallel_tool_calls: false`.'),
};

export const TOOL: Fields = {
  type: translated(
    '`custom` or none: a function. Tools that Anthropic defines (`web_search_…`, `bash_…`, `text_editor_…`, ' +
      '`computer_…`) are refused.',
  ),
  name: translated(
    'One longer than 64 characters is shortened for the upstream, and is the long one in its calls again.',
  ),
  description: kept(),
  input_schema: translated(
    '`parameters`; an object without `properties` gets empty ones, which OpenAI demands.',
  ),
  strict: translated('The same, if OpenAI takes the schema as strict; it refuses more than Anthropic does.'),
  cache_control: dropped('OpenAI caches by itself.'),
  eager_input_streaming: dropped('Arguments are always sent as they come.'),
  defer_loading: dropped('All tools are there from the beginning.'),
  allowed_callers: dropped('There is no caller but the model.'),
  input_examples: dropped('OpenAI has no place for them.'),
};

export const MESSAGE: Fields = {
  role: translated(
    'Messages of the same role, one behind the other, become one. Tool results become messages of role `tool`, in the ' +
      'order of the calls and before anything else that the user says.',
  ),
  content: translated('See below. Blocks without text are left out.'),
};

const SERVER_TOOL =
  "The text that follows tells what came of it. Only Anthropic's own models can read the rest.";

/** By the `type` of a block. Other types are refused. */
export const BLOCKS: Fields = {
  text: translated("A text part. The blocks of an assistant's message become one text."),
  image: translated('An `image_url` part: a data URL, or the URL. One by `file` is refused.'),
  document: translated(
    'A PDF in base64: a `file` part. Text, and `content` blocks: text parts, title and context before them. One by `url` ' +
      'or `file` is refused.',
  ),
  search_result: translated('A text part: title, source and text.'),
  tool_use: translated(
    'One of `tool_calls`. Each must be answered in the next message, as Anthropic demands too. A thought signature of ' +
      'Gemini rides in its `id`, and goes back to Gemini only; Gemini 3 and later get a substitute for calls of others.',
  ),
  tool_result: translated(
    'A message of role `tool`. Images and PDFs in it follow in a message of the user, which names the call. One without ' +
      'its call is refused.',
  ),
  thinking: translated(
    'If the gateway made its signature: `reasoning_content`, `reasoning`, `reasoning_text` or `reasoning_details`, ' +
      'whichever the upstream had used, or parts of `content`, if the same model is asked again. All others are left out: ' +
      'only the one that made them reads them. DeepSeek and Kimi refuse messages of the assistant without reasoning: ' +
      'they get the text of the others as `reasoning_content`, or a blank.',
  ),
  redacted_thinking: translated('As `thinking`.'),
  compaction: translated('A text part.'),
  server_tool_use: dropped(SERVER_TOOL),
  web_search_tool_result: dropped(SERVER_TOOL),
  web_fetch_tool_result: dropped(SERVER_TOOL),
  code_execution_tool_result: dropped(SERVER_TOOL),
  bash_code_execution_tool_result: dropped(SERVER_TOOL),
  text_editor_code_execution_tool_result: dropped(SERVER_TOOL),
  tool_search_tool_result: dropped(SERVER_TOOL),
  advisor_tool_result: dropped(SERVER_TOOL),
  mcp_tool_use: dropped(SERVER_TOOL),
  mcp_tool_result: dropped(SERVER_TOOL),
  container_upload: refused('it has no containers to run code in'),
};

/** Fields of blocks, whatever their type. */
export const BLOCK: Fields = {
  is_error: translated('`Error: ` before the result.'),
  tool_use_id: translated(
    '`tool_call_id`, as the upstream knows it: a hash where the model takes no such id (OpenAI: 40 characters, Mistral: 9).',
  ),
  title: translated('Stands before the text, or is the name of the file.'),
  context: translated('Stands before the text.'),
  cache_control: dropped('OpenAI caches by itself.'),
  citations: dropped('The text is the same without.'),
  caller: dropped('There is no caller but the model.'),
  toolset_name: dropped('The name of the tool is enough.'),
  transformations: dropped('Each provider shrinks large images in its own way.'),
};

export const TABLES: readonly FieldTable[] = [
  { of: 'request', fields: REQUEST },
  { of: 'output_config', fields: OUTPUT_CONFIG },
  { of: 'metadata', fields: METADATA },
  { of: 'tools[]', fields: TOOL },
  { of: 'tool_choice', fields: TOOL_CHOICE },
  { of: 'messages[]', fields: MESSAGE },
  { of: 'content[] by type', fields: BLOCKS },
  { of: 'content[]', fields: BLOCK },
];
