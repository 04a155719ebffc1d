import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { watchCompositions } from './composing.ts';
import './page.css';

watchCompositions(document);
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
