import { type Picture, VEGA_LITE } from '../display/shown.ts';
import type { Figure } from './figure.ts';
import { figureSvg } from './figure-svg.ts';
import { figureText } from './figure-text.ts';
import { figureVega } from './figure-vega.ts';

/** `live`: of what changes while it is looked at; a Vega-Lite chart, which JupyterLab prefers, would be built anew each time. */
export type Pace = 'still' | 'live';

/** Drawn when it is first looked at: a terminal never does. */
export function pictureOf(figure: Figure, pace: Pace): Picture {
  let svg: string | null = null;
  return {
    title: figure.title ?? figure.plots[0]?.title ?? null,
    get svg() {
      svg ??= figureSvg(figure);
      return svg;
    },
    get others() {
      return pace === 'live' ? {} : { [VEGA_LITE]: figureVega(figure) };
    },
    text: (look) => figureText(figure, look),
  };
}
