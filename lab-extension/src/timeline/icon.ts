/** The panel's tab: lanes with marks. */

import { LabIcon } from '@jupyterlab/ui-components';

export const timelineIcon = new LabIcon({
  name: 'jupyterlab-prompter:timeline',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">' +
    '<g class="jp-icon3" fill="#616161">' +
    '<path d="M3 6h4v3H3zM9 6h9v3H9zM7 11h3v3H7zM12 11h9v3h-9zM3 16h8v3H3zM17 16h3v3h-3z"/>' +
    '</g></svg>'
});
