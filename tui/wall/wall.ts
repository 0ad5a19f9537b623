import type { Live } from '../model/live.ts';

export async function showWall(_live: Live, _name: string): Promise<void> {}
