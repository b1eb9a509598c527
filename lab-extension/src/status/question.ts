/** A question in the side panel: names in backticks in code type, all of it text. */

import { element } from '../elements';
import { piecesOf } from '../prompting/question-text';

export function questionText(question: string): (Node | string)[] {
  return piecesOf(question).map(({ text, code }) =>
    code ? element('code', '', text) : text
  );
}
