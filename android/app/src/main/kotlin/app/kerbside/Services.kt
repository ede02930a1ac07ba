package app.kerbside

import android.content.Context

/** A service every Android has. */
internal inline fun <reified T : Any> Context.service(): T = checkNotNull(getSystemService(T::class.java))
