package app.kerbside.about

import android.annotation.SuppressLint
import android.content.Context
import app.kerbside.R
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Host
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.Stack
import app.kerbside.ui.Type
import app.kerbside.ui.WRAP
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.card
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.label
import app.kerbside.ui.scroll
import app.kerbside.ui.titleBar

/** What the app promises, and whom it has to thank. */
@SuppressLint("ViewConstructor")
internal class AboutScreen(context: Context, private val model: AboutViewModel, private val host: Host) :
    Screen<AboutState>(context, model.state) {
    private val content = context.column(12) { setPadding(dp(16), dp(4), dp(16), dp(24)) }
    private val part = Part<AboutState>(content) { (this as Stack).build(it) }

    /** A library the app is built with, from `res/raw/libraries.tsv`. */
    private data class Library(val name: String, val licence: String, val url: String)

    init {
        val page = context.column {
            add(context.titleBar(context.getString(R.string.about), onBack = host::back))
            add(content)
        }
        addView(context.scroll(page), LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.load()
    }

    override fun render(state: AboutState) = part.show(state)

    private fun Stack.build(state: AboutState) {
        add(
            context.card {
                add(context.label(Type.Heading, context.getString(R.string.app_name)))
                add(context.label(Type.Body, context.getString(R.string.promise)))
                add(context.label(Type.Caption, context.getString(R.string.version_is, version())))
            },
        )
        add(
            context.card(8) {
                add(context.label(Type.Heading, context.getString(R.string.models)))
                for (pack in state.packs) {
                    add(context.label(Type.Strong, pack.name))
                    add(context.label(Type.Soft, listOf(pack.attribution, pack.licence).joinToString(" · ")))
                }
            },
        )
        add(
            context.card(8) {
                add(context.label(Type.Heading, context.getString(R.string.rule_packs)))
                for (community in state.communities) {
                    add(context.label(Type.Strong, community.name))
                    add(context.label(Type.Soft, (community.attribution + community.licence).joinToString(" · ")))
                }
            },
        )
        add(
            context.card(8) {
                add(context.label(Type.Heading, context.getString(R.string.libraries)))
                for (library in libraries()) {
                    val name = listOf(library.name, library.licence).joinToString(" · ")
                    add(context.button(ButtonLook.Plain, name) { host.openLink(library.url) }, WRAP)
                }
            },
        )
    }

    private fun version() = context.packageManager.getPackageInfo(context.packageName, 0).versionName.orEmpty()

    private fun libraries() = resources.openRawResource(R.raw.libraries).bufferedReader().readLines()
        .filter { it.isNotBlank() }
        .map { line -> line.split('\t').let { (name, licence, url) -> Library(name, licence, url) } }
}
