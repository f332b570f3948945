"""Figures: rows and arrays in, plotly Figure out; no torch, no Streamlit."""
