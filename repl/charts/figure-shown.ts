import { Shown } from '../display/shown.ts';
import type { Look } from '../session/protocol.ts';
import type { Figure } from './figure.ts';
import { pictureOf } from './figure-picture.ts';
import { figureText } from './figure-text.ts';

/** Data that look like this figure wherever they are shown. `text`: in a terminal, where that is not the figure's own. */
export const shownFigure = <Data>(data: Data, figure: Figure, text?: (look: Look) => string): Shown<Data> =>
  new Shown(data, text ?? ((look) => figureText(figure, look)), pictureOf(figure, 'still'));

/** The same of what is shown anew again and again. */
export const liveFigure = <Data>(data: Data, figure: Figure, text?: (look: Look) => string): Shown<Data> =>
  new Shown(data, text ?? ((look) => figureText(figure, look)), pictureOf(figure, 'live'));
