/** The plugins of this extension. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { capturePlugin } from './capture/plugin';
import { consentPlugin } from './consent/plugin';
import { deliveryPlugin } from './delivery/plugin';
import { historyPlugin } from './history/plugin';
import { myDataPlugin } from './my-data/plugin';
import { promptingPlugin } from './prompting/plugin';
import { reviewPlugin } from './review/plugin';
import { statusPlugin } from './status/plugin';
import { timelinePlugin } from './timeline/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  deliveryPlugin,
  capturePlugin,
  consentPlugin,
  promptingPlugin,
  statusPlugin,
  historyPlugin,
  timelinePlugin,
  reviewPlugin,
  myDataPlugin
];

export default plugins;
