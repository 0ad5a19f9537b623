/** What a session puts out, as Jupyter has it. Pure. */
import type { CommMessage, ExpressionValue, MimeBundle, Output } from '../session/protocol.ts';
import type { Content } from './wire-message.ts';

export interface OutputMessage {
  readonly type: string;
  readonly content: Content;
  readonly metadata?: Content;
  readonly buffers?: readonly Buffer[];
}

/** null: Jupyter has no word for it, or the kernel says it itself, as it does when it is busy. */
export function outputMessage(output: Output): OutputMessage | null {
  switch (output.type) {
    case 'execute_input':
      return { type: 'execute_input', content: { code: output.code, execution_count: output.count } };
    case 'display_data':
    case 'update_display_data': {
      const transient = output.display === null ? {} : { display_id: output.display };
      return { type: output.type, content: { ...shown(output.data), transient } };
    }
    case 'execute_result':
      return { type: 'execute_result', content: { ...shown(output.data), execution_count: output.count } };
    case 'error':
      return { type: 'error', content: errorContent(output) };
    case 'clear_output':
      return { type: 'clear_output', content: { wait: output.wait } };
    case 'comm':
      return commMessage(output);
    case 'stream':
    case 'status':
    case 'input_request':
    case 'instance':
      return null;
  }
}

function commMessage({ act, comm, target, data, metadata = {}, buffers = [] }: CommMessage): OutputMessage {
  const opened = act === 'open' ? { target_name: target } : {};
  return {
    type: `comm_${act}`,
    content: { comm_id: comm, data, ...opened },
    metadata,
    buffers: buffers.map((text) => Buffer.from(text, 'base64')),
  };
}

export const errorContent = (
  error: Pick<Extract<Output, { type: 'error' }>, 'name' | 'message' | 'text'>,
): Content => ({
  ename: error.name,
  evalue: error.message,
  traceback: error.text.split('\n'),
});

export const expressionContent = (value: ExpressionValue): Content =>
  value.status === 'ok' ? { status: 'ok', ...shown(value.data) } : { status: 'error', ...errorContent(value) };

const shown = (data: MimeBundle): Content => ({ data, metadata: {} });
