//! JSON ⇄ the XML-like token form.
