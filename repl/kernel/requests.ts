/** What front ends may ask a kernel, checked: what they leave out is what the protocol says it is. */
import { z } from 'zod';

const flag = (otherwise: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((given) => given ?? otherwise);

export const executeContent = z.object({
  code: z.string(),
  silent: flag(false),
  store_history: flag(true),
  user_expressions: z
    .record(z.string(), z.string())
    .nullish()
    .transform((given) => given ?? {}),
  allow_stdin: flag(false),
  stop_on_error: flag(true),
});

export type ExecuteContent = z.infer<typeof executeContent>;

const cursor = { code: z.string(), cursor_pos: z.int().min(0).nullish() };
export const completeContent = z.object(cursor);
export const inspectContent = z.object({ ...cursor, detail_level: z.literal([0, 1]).default(0) });
export const isCompleteContent = z.object({ code: z.string() });
export const commInfoContent = z.object({ target_name: z.string().nullish() });
export const shutdownContent = z.object({ restart: flag(false) });
export const inputReplyContent = z.object({ value: z.string() });

/** `target_name`: of the message that opens one. */
export const commContent = z.object({ comm_id: z.string(), data: z.unknown(), target_name: z.string().optional() });
