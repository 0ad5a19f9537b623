/** What front ends ask beside running cells: the session knows it, whatever cell it is at. */
import { isCommand } from '../commands/run-command.ts';
import { questionIn } from '../question.ts';
import { toCodePoints, toUtf16 } from './code-points.ts';
import { NOTEBOOK_LOOK } from './executions.ts';
import type { KernelHistory } from './history.ts';
import { kernelInfo } from './kernel-info.ts';
import type { KernelSession } from './kernel-session.ts';
import { commContent, commInfoContent, completeContent, inspectContent, isCompleteContent } from './requests.ts';
import type { Content, Message } from './wire-message.ts';

interface AnswerParts {
  readonly version: string;
  readonly session: Promise<KernelSession>;
  readonly history: KernelHistory;
}

/** null: there is no reply to it. Throws a ZodError for what is not as the protocol has it. */
export type Answer = (message: Message) => Content | null | Promise<Content | null>;

export function answersOf({ version, session, history }: AnswerParts): Readonly<Record<string, Answer>> {
  return {
    kernel_info_request: () => kernelInfo(version),
    history_request: ({ content }) => ({ status: 'ok', history: history.find(content) }),
    complete_request: async ({ content }) => complete(await session, content),
    inspect_request: async ({ content }) => inspect(await session, content),
    is_complete_request: async ({ content }) => isComplete(await session, content),
    comm_info_request: async ({ content }) => commInfo(await session, content),
    comm_open: (message) => takeComm(session, 'open', message),
    comm_msg: (message) => takeComm(session, 'msg', message),
    comm_close: (message) => takeComm(session, 'close', message),
  };
}

async function complete({ client }: KernelSession, content: Content): Promise<Content> {
  const { code, cursor_pos } = completeContent.parse(content);
  const cursor = toUtf16(code, cursor_pos ?? code.length);
  const { matches, start, end } = await client.ask('complete_request', { code, cursor });
  return {
    status: 'ok',
    matches,
    cursor_start: toCodePoints(code, start),
    cursor_end: toCodePoints(code, end),
    metadata: {},
  };
}

async function inspect({ client, connected }: KernelSession, content: Content): Promise<Content> {
  const { code, cursor_pos, detail_level: detail } = inspectContent.parse(content);
  await connected;
  const cursor = toUtf16(code, cursor_pos ?? code.length);
  const { data } = await client.ask('inspect_request', { code, cursor, detail, look: NOTEBOOK_LOOK });
  return { status: 'ok', found: data !== null, data: data ?? {}, metadata: {} };
}

async function isComplete({ client }: KernelSession, content: Content): Promise<Content> {
  const { code } = isCompleteContent.parse(content);
  if (isCommand(code) || questionIn(code) !== null) return { status: 'complete' };
  const { status, indent } = await client.ask('is_complete_request', { code });
  return { status, ...(status === 'incomplete' && { indent }) };
}

async function commInfo({ client }: KernelSession, content: Content): Promise<Content> {
  const { target_name: wanted } = commInfoContent.parse(content);
  const { comms } = await client.ask('comm_info_request', {});
  const found = Object.entries(comms)
    .filter(([, target]) => wanted === null || wanted === undefined || target === wanted)
    .map(([id, target_name]) => [id, { target_name }]);
  return { status: 'ok', comms: Object.fromEntries(found) };
}

async function takeComm(
  session: Promise<KernelSession>,
  act: 'open' | 'msg' | 'close',
  message: Message,
): Promise<null> {
  const { header, content, metadata, buffers } = message;
  const { comm_id: comm, data, target_name: target = '' } = commContent.parse(content);
  const { client } = await session;
  const texts = buffers.map((bytes) => bytes.toString('base64'));
  await client.ask('comm_request', { act, comm, data, metadata, buffers: texts, target }, header.msg_id);
  return null;
}
