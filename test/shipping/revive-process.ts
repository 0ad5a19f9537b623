/** What `startProcess` runs. */
import { runTask, type Task } from './run-task.ts';

process.on('message', async (task: Task) => process.send?.(await runTask(task)));
process.once('disconnect', () => process.exit());
